package dev.naiad.builder.stargz;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.tar.TarEntry;
import dev.naiad.rafs.Xattr;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The table of contents of an eStargz layer, {@code stargz.index.json}: the entries of its tar, and
 * where the gzip members with their data are. Only version 1 exists.
 */
final class StargzToc {
    /**
     * A part of a file, the first thing in a gzip member.
     *
     * @param offset of the member in the layer
     * @param fileOffset in the file
     * @param size in the file; 0 means the rest of it
     * @param digest of its bytes
     */
    record Chunk(long offset, long fileOffset, long size, Optional<Digest> digest) {}

    /** An entry, and the chunks of a file with data. */
    record Entry(TarEntry tar, List<Chunk> chunks) {}

    private final String name;
    private final Problems problems = new Problems();
    private final List<Entry> entries = new ArrayList<>();

    private StargzToc(String name) {
        this.name = name;
    }

    /**
     * Reads a document.
     *
     * @param name for errors
     */
    static List<Entry> parse(String name, byte[] json) {
        var toc = new StargzToc(name);
        var document = JsonReader.parse(name, json);
        long version = document.get("version").integer(toc.problems, 0, 0, Long.MAX_VALUE);
        if (version != 1) {
            throw toc.wrong("is a table of contents of version " + version + "; only 1 is known");
        }
        var entries = document.get("entries");
        if (!entries.isList()) {
            throw toc.wrong("has no list of entries");
        }
        toc.read(entries.items());
        toc.problems.throwIfAny();
        return toc.entries;
    }

    private void read(List<ConfigNode> nodes) {
        Map<String, List<Chunk>> files = new HashMap<>();
        for (var node : nodes) {
            String path = text(node, "name");
            String type = text(node, "type");
            if (type.equals("chunk")) {
                var chunks = files.get(path);
                if (chunks == null) {
                    throw wrong("entry " + path + ": a chunk of no file");
                }
                chunks.add(chunk(path, node));
                continue;
            }
            var chunks = new ArrayList<Chunk>();
            if (type.equals("reg") && number(node, "size") > 0) {
                chunks.add(chunk(path, node));
                files.put(path, chunks);
            }
            entries.add(new Entry(entry(path, type, node), chunks));
        }
    }

    private Chunk chunk(String path, ConfigNode node) {
        if (number(node, "innerOffset") != 0) {
            // Chunks of one member would need their place in it, which has none in the image.
            throw wrong(
                    "entry "
                            + path
                            + ": several files share a gzip member, which only --type"
                            + " estargz-ref on the layer itself can refer to");
        }
        String digest = text(node, "chunkDigest");
        return new Chunk(
                number(node, "offset"),
                number(node, "chunkOffset"),
                number(node, "chunkSize"),
                digest.isEmpty() ? Optional.empty() : Optional.of(sha256(path, digest)));
    }

    private Digest sha256(String path, String text) {
        String prefix = "sha256:";
        if (!text.startsWith(prefix) || !text.substring(prefix.length()).matches("[0-9a-f]{64}")) {
            throw wrong("entry " + path + ": chunk digest " + text + " is not a sha256");
        }
        return Digest.sha256(text.substring(prefix.length()));
    }

    private TarEntry entry(String path, String type, ConfigNode node) {
        var kind =
                switch (type) {
                    case "reg" -> TarEntry.Kind.FILE;
                    case "dir" -> TarEntry.Kind.DIRECTORY;
                    case "symlink" -> TarEntry.Kind.SYMLINK;
                    case "hardlink" -> TarEntry.Kind.HARD_LINK;
                    case "char" -> TarEntry.Kind.CHARACTER;
                    case "block" -> TarEntry.Kind.BLOCK;
                    case "fifo" -> TarEntry.Kind.FIFO;
                    default -> throw wrong("entry " + path + ": unknown type " + type);
                };
        var time = time(path, text(node, "modtime"));
        long size = kind == TarEntry.Kind.FILE ? number(node, "size") : 0;
        return new TarEntry(
                path.getBytes(StandardCharsets.UTF_8),
                kind,
                (int) number(node, "mode") & 07777,
                number(node, "uid"),
                number(node, "gid"),
                size,
                size,
                time.getEpochSecond(),
                time.getNano(),
                text(node, "linkName").getBytes(StandardCharsets.UTF_8),
                number(node, "devMajor"),
                number(node, "devMinor"),
                xattrs(path, node.get("xattrs")),
                null);
    }

    private Instant time(String path, String text) {
        try {
            return text.isEmpty() ? Instant.EPOCH : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw wrong("entry " + path + ": modtime " + text + " is not a time");
        }
    }

    private List<Xattr> xattrs(String path, ConfigNode node) {
        var result = new ArrayList<Xattr>();
        for (var attribute : node.stringMap(problems).entrySet()) {
            try {
                result.add(
                        new Xattr(
                                attribute.getKey().getBytes(StandardCharsets.UTF_8),
                                Base64.getDecoder().decode(attribute.getValue())));
            } catch (IllegalArgumentException e) {
                throw wrong("entry " + path + ": attribute " + attribute.getKey() + ": no base64");
            }
        }
        return result;
    }

    private String text(ConfigNode node, String key) {
        return node.get(key).string(problems, "");
    }

    private long number(ConfigNode node, String key) {
        return node.get(key).integer(problems, 0, 0, Long.MAX_VALUE);
    }

    private NaiadException wrong(String what) {
        return new NaiadException(ErrorKind.INVALID_ARGUMENT, name + ": " + what);
    }
}
