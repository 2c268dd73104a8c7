package dev.naiad.builder.external;

import dev.naiad.base.bytes.ByteSize;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.BlobLimits;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line of an attributes file: a path, quoted where it holds blanks, and {@code key=value}
 * pairs.
 */
final class AttributeLine {
    private static final Logger LOG = LoggerFactory.getLogger(AttributeLine.class);

    private final String where;
    private final String text;
    private int at;
    private String path = "";
    private final Map<String, String> values = new LinkedHashMap<>();

    private AttributeLine(String where, String text) {
        this.where = where;
        this.text = text;
    }

    /**
     * Reads a line.
     *
     * @param where file and line, for errors
     * @return null for a comment, an empty line, and a path about which nothing is said
     */
    static @Nullable Attribute parse(String where, String text) {
        String line = text.strip();
        if (line.isEmpty() || line.startsWith("#")) {
            return null;
        }
        return new AttributeLine(where, line).parse();
    }

    private @Nullable Attribute parse() {
        String pattern = text.startsWith("\"") ? quoted() : word();
        path = pattern.startsWith("/") ? pattern : "/" + pattern;
        while (at < text.length()) {
            String pair = word();
            int equals = pair.indexOf('=');
            if (equals > 0) {
                values.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
        }
        String type = values.get("type");
        if (type == null) {
            LOG.warn("{}: {} has no type=…; the line says nothing", where, path);
            return null;
        }
        if (path.endsWith("/") && path.length() > 1) {
            path = path.substring(0, path.length() - 1);
        }
        for (String wildcard : new String[] {"*", "?", "["}) {
            if (!text.startsWith("\"") && path.contains(wildcard)) {
                throw wrong(
                        "the wildcard "
                                + wildcard
                                + " in "
                                + path
                                + " is not supported; name each path, in quotes if it has the character itself");
            }
        }
        return switch (type) {
            case "ignore" -> new Attribute.Ignored(path);
            case "external" -> external();
            default -> throw wrong("type=" + type + " is neither external nor ignore");
        };
    }

    private Attribute.External external() {
        String id = required("blob_id");
        if (!id.matches("[0-9A-Za-z._-]{64}")) {
            throw wrong("blob_id=" + id + " has not 64 characters");
        }
        long index = number("blob_index", required("blob_index"));
        if (index >= BlobLimits.MAX_BLOBS) {
            throw wrong("blob_index=" + index + " is not below " + BlobLimits.MAX_BLOBS);
        }
        long chunkSize = size("chunk_size", required("chunk_size"));
        if (!BlobLimits.isChunkSize(chunkSize)) {
            throw wrong(
                    "chunk_size="
                            + values.get("chunk_size")
                            + " is not a power of two from 4KiB to 16MiB, which RAFS can hold");
        }
        String fileSize = values.get("file_size");
        var file =
                new Attribute.External(
                        path,
                        (int) index,
                        id,
                        (int) chunkSize,
                        number("chunk_0_compressed_offset", required("chunk_0_compressed_offset")),
                        number("compressed_size", required("compressed_size")),
                        fileSize == null ? -1 : number("file_size", fileSize),
                        crcs(values.getOrDefault("crcs", "")));
        if (file.offset() > file.blobSize()
                || file.blobSize() > BlobLimits.MAX_COMPRESSED_SIZE
                || file.fileSize() > file.blobSize() - file.offset()) {
            throw wrong(
                    "the file does not lie inside the " + file.blobSize() + " bytes of its blob");
        }
        return file;
    }

    private int[] crcs(String list) {
        if (list.isEmpty()) {
            return new int[0]; // compat: nydusify writes an empty list where it has none
        }
        String[] parts = list.split(",", -1);
        int[] crcs = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            long value = number("crcs", parts[i]);
            if (value > 0xffff_ffffL) {
                throw wrong("crcs: " + parts[i] + " has more than 32 bits");
            }
            crcs[i] = (int) value;
        }
        return crcs;
    }

    private String required(String key) {
        String value = values.get(key);
        if (value == null || value.isEmpty()) {
            throw wrong(path + " is external and needs " + key + "=…");
        }
        return value;
    }

    private long number(String key, String value) {
        try {
            long number =
                    value.toLowerCase(Locale.ROOT).startsWith("0x")
                            ? Long.parseLong(value.substring(2), 16)
                            : Long.parseLong(value);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw wrong(key + ": \"" + value + "\" is not a number");
    }

    private long size(String key, String value) {
        try {
            return ByteSize.parse(value).bytes();
        } catch (NaiadException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, where + ": " + key + ": " + e.what(), e);
        }
    }

    private String word() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        int start = at;
        while (at < text.length() && !Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return text.substring(start, at);
    }

    /** A path in quotes, with the escapes of C. */
    private String quoted() {
        var result = new StringBuilder();
        at = 1;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == '"') {
                return result.toString();
            }
            result.append(c == '\\' ? escaped() : c);
        }
        throw wrong("the quotes are not closed");
    }

    private char escaped() {
        char c = at < text.length() ? text.charAt(at++) : ' ';
        return switch (c) {
            case 't' -> '\t';
            case 'n' -> '\n';
            case '"', '\\' -> c;
            default -> throw wrong("\\" + c + " is not an escape: use \\t, \\n, \\\" or \\\\");
        };
    }

    private NaiadException wrong(String what) {
        return new NaiadException(ErrorKind.INVALID_ARGUMENT, where + ": " + what);
    }
}
