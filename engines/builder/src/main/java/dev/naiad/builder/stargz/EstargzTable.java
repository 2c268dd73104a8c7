package dev.naiad.builder.stargz;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.builder.tar.TarEntry;
import dev.naiad.rafs.Xattr;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.TreeMap;

/** The table of contents of a seekable layer while it grows. Keys and their order are Go's. */
final class EstargzTable {
    private static final int BLOCK = 512;
    private static final int MAGIC = 257;
    private static final int USER = 265;
    private static final int GROUP = 297;
    private static final int NAME = 32;

    private final JsonWriter json = JsonWriter.pretty("\t").likeGo();

    /**
     * A part of a file.
     *
     * @param offset in the layer
     * @param fileOffset in the file
     * @param size 0 for the last one of a file
     */
    record Part(long offset, long fileOffset, long size, Digest digest) {}

    EstargzTable() {
        json.object().put("version", 1).key("entries").array();
    }

    /** The path without a leading root part; that of a directory ends with a slash. */
    static String name(TarEntry entry) {
        String text = entry.text();
        int from = 0;
        while (true) {
            if (text.startsWith("./", from)) {
                from += 2;
            } else if (text.startsWith("/", from)) {
                from++;
            } else {
                break;
            }
        }
        String name = text.substring(from);
        return name.equals(".") ? "" : name;
    }

    void landmark(String name, Part part) {
        json.object().put("name", name).put("type", "reg").put("size", 1);
        json.put("modtime", Instant.EPOCH.toString()).put("offset", part.offset());
        json.put("digest", part.digest().toString()).put("chunkDigest", part.digest().toString());
        json.end();
    }

    /**
     * An entry without content.
     *
     * @param header its bytes in the archive
     */
    void add(TarEntry entry, byte[] header) {
        begin(entry, header);
        json.end();
    }

    /** A file. */
    void add(TarEntry entry, byte[] header, Digest digest, List<Part> parts) {
        begin(entry, header);
        json.put("digest", digest.toString());
        if (!parts.isEmpty()) {
            part(parts.getFirst());
        }
        json.end();
        for (int i = 1; i < parts.size(); i++) {
            json.object().put("name", name(entry)).put("type", "chunk");
            part(parts.get(i));
            json.end();
        }
    }

    private void part(Part part) {
        json.put("offset", part.offset());
        unlessZero("chunkOffset", part.fileOffset());
        unlessZero("chunkSize", part.size());
        json.put("chunkDigest", part.digest().toString());
    }

    private void begin(TarEntry entry, byte[] header) {
        json.object().put("name", name(entry)).put("type", type(entry.kind()));
        if (entry.kind() == TarEntry.Kind.FILE) {
            unlessZero("size", entry.size());
        }
        json.put("modtime", Instant.ofEpochSecond(entry.mtimeSeconds()).toString());
        if (entry.linkName().length > 0) {
            json.put("linkName", new String(entry.linkName(), StandardCharsets.UTF_8));
        }
        unlessZero("mode", entry.mode());
        unlessZero("uid", entry.uid());
        unlessZero("gid", entry.gid());
        putName("userName", header, USER);
        putName("groupName", header, GROUP);
        if (entry.kind() == TarEntry.Kind.CHARACTER || entry.kind() == TarEntry.Kind.BLOCK) {
            unlessZero("devMajor", entry.major());
            unlessZero("devMinor", entry.minor());
        }
        if (!entry.xattrs().isEmpty()) {
            var xattrs = new TreeMap<String, String>();
            for (Xattr each : entry.xattrs()) {
                xattrs.put(
                        new String(each.name(), StandardCharsets.UTF_8),
                        Base64.getEncoder().encodeToString(each.value()));
            }
            json.put("xattrs", xattrs);
        }
    }

    private static String type(TarEntry.Kind kind) {
        return switch (kind) {
            case FILE -> "reg";
            case HARD_LINK -> "hardlink";
            case SYMLINK -> "symlink";
            case CHARACTER -> "char";
            case BLOCK -> "block";
            case DIRECTORY -> "dir";
            case FIFO -> "fifo";
        };
    }

    private void unlessZero(String key, long value) {
        if (value != 0) {
            json.put(key, value);
        }
    }

    /** A user or group name from the last header, if its format has them. */
    private void putName(String key, byte[] header, int field) {
        int at = header.length - BLOCK;
        if (at < 0 || !"ustar".equals(text(header, at + MAGIC, 5))) {
            return;
        }
        String text = text(header, at + field, NAME);
        if (!text.isEmpty()) {
            json.put(key, text);
        }
    }

    private static String text(byte[] bytes, int from, int length) {
        int end = from;
        while (end < from + length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, from, end - from, StandardCharsets.UTF_8);
    }

    /** Ends it. */
    byte[] json() {
        return json.end().end().toString().getBytes(StandardCharsets.UTF_8);
    }
}
