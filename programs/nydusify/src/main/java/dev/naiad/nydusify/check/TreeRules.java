package dev.naiad.nydusify.check;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.builder.ImageCheck;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Inode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether two images are the same tree: paths, types, modes, owners, devices, sizes, link targets,
 * extended attributes and, where both cut files alike, the digests of all chunks. The root's own
 * attributes do not count, as in the original.
 */
final class TreeRules {
    private static final int DIGEST_BYTES = 32;
    private static final byte[] NO_DIGEST = new byte[DIGEST_BYTES];

    private static final Logger LOG = LoggerFactory.getLogger(TreeRules.class);
    private static final int MAX_LOGGED = 100;

    private final boolean content;
    private final Map<String, String> wanted = new HashMap<>();

    private String first = "";
    private long differences;

    TreeRules(Bootstrap source, Bootstrap target) {
        this.content =
                source.chunkSize() == target.chunkSize() && source.digester() == target.digester();
        var _ = ImageCheck.check(source, (path, inode) -> wanted.put(path, describe(path, inode)));
    }

    /** Compares; gives the number of entries. Differences are logged, by path. */
    long check(Bootstrap target) {
        long[] entries = new long[1];
        var _ =
                ImageCheck.check(
                        target,
                        (path, inode) -> {
                            entries[0]++;
                            String source = wanted.remove(path);
                            String found = describe(path, inode);
                            if (source == null) {
                                differs(path + " is not in the source");
                            } else if (!source.equals(found)) {
                                differs(path + " is " + found + ", in the source " + source);
                            }
                        });
        for (String path : new TreeSet<>(wanted.keySet())) {
            differs(path + " is missing");
        }
        if (differences > 0) {
            throw CheckFailure.of(
                    "filesystem",
                    first
                            + (differences == 1
                                    ? ""
                                    : "; and " + (differences - 1) + " more differences"));
        }
        return entries[0];
    }

    private void differs(String what) {
        if (differences == 0) {
            first = what;
        }
        if (++differences <= MAX_LOGGED) {
            LOG.error("difference: {}", what);
        }
    }

    private String describe(String path, Inode inode) {
        if (path.equals("/")) {
            return "the root";
        }
        var text = new StringBuilder();
        text.append(inode.type()).append(" mode ").append(Integer.toOctalString(inode.mode()));
        text.append(" uid ").append(inode.uid()).append(" gid ").append(inode.gid());
        switch (inode.type()) {
            case REGULAR -> {
                text.append(" size ").append(inode.size());
                if (content) {
                    text.append(" content ").append(content(inode));
                }
            }
            case SYMLINK ->
                    text.append(" to ")
                            .append(new String(inode.symlinkTarget(), StandardCharsets.UTF_8));
            case CHARACTER, BLOCK -> text.append(" device ").append(inode.rdev());
            case DIRECTORY, FIFO, SOCKET -> {}
        }
        var xattrs = new TreeMap<String, String>();
        inode.xattrs()
                .forEach(
                        xattr ->
                                xattrs.put(
                                        new String(xattr.name(), StandardCharsets.UTF_8),
                                        Hex.encode(xattr.value())));
        return xattrs.isEmpty()
                ? text.toString()
                : text.append(" xattrs ").append(xattrs).toString();
    }

    /** One digest for those of a file's chunks, to keep the map small. */
    private static String content(Inode inode) {
        byte[] all = new byte[Math.multiplyExact(DIGEST_BYTES, inode.chunkCount())];
        for (int k = 0; k < inode.chunkCount(); k++) {
            var chunk = inode.chunk(k);
            System.arraycopy(chunk.digest(), 0, all, k * DIGEST_BYTES, DIGEST_BYTES);
            if (Arrays.equals(chunk.digest(), NO_DIGEST)) {
                // External data have no digests: where they are tells what they are.
                ByteBuffer.wrap(all, k * DIGEST_BYTES, DIGEST_BYTES)
                        .putInt(chunk.blobIndex())
                        .putLong(chunk.compressedOffset());
            }
        }
        return Digest.sha256Of(all).hex();
    }
}
