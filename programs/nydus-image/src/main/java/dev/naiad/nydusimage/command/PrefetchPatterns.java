package dev.naiad.nydusimage.command;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.PrefetchPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The patterns that come on standard input: one absolute path a line. */
final class PrefetchPatterns {
    private static final Logger LOG = LoggerFactory.getLogger(PrefetchPatterns.class);

    private PrefetchPatterns() {}

    /** Reads the input to its end, but only if the policy wants patterns. */
    static List<String> read(InputStream in, PrefetchPolicy policy) {
        if (policy == PrefetchPolicy.NONE) {
            return List.of();
        }
        try {
            return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    "cannot read prefetch patterns from standard input: " + e.getMessage(),
                    e);
        }
    }

    static List<String> parse(String text) {
        var result = new ArrayList<String>();
        for (String line : text.split("\n", -1)) {
            String path = line.strip();
            if (path.isEmpty()) {
                continue;
            }
            if (!path.startsWith("/")) {
                LOG.warn("prefetch pattern {} is not an absolute path; ignored", path);
                continue;
            }
            while (path.length() > 1 && path.endsWith("/")) {
                path = path.substring(0, path.length() - 1);
            }
            String pattern = path;
            if (result.stream().anyMatch(earlier -> covers(earlier, pattern))) {
                LOG.warn("prefetch pattern {} lies below an earlier one; ignored", path);
                continue;
            }
            result.add(path);
        }
        return result;
    }

    private static boolean covers(String earlier, String path) {
        return earlier.equals("/") || path.equals(earlier) || path.startsWith(earlier + "/");
    }
}
