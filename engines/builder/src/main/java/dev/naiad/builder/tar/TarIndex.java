package dev.naiad.builder.tar;

import dev.naiad.base.error.CorruptFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The positions of the files of an archive on disk, so that each can be read alone, in any order.
 * Content is skipped, not read. Names have no leading {@code ./}.
 */
public final class TarIndex {
    /** A longer name or PAX header is not an archive but an attack on memory. */
    private static final int MAX_EXTENSION = 1 << 20;

    private static final int MAX_ENTRIES = 1 << 20;
    private static final int MAX_LINKS = 8;

    private final String name;
    private final Map<String, Place> places = new HashMap<>();
    private final Map<String, String> links = new HashMap<>();

    private TarIndex(String name) {
        this.name = name;
    }

    /** A file's content. */
    public record Place(long offset, long size) {}

    /**
     * Reads all headers.
     *
     * @param name of the archive, for errors
     */
    public static TarIndex read(FileChannel channel, String name) throws IOException {
        var index = new TarIndex(name);
        index.read(channel);
        return index;
    }

    /** A file, if there is one of that name; links are followed. */
    public Optional<Place> find(String path) {
        String at = clean(path);
        for (int i = 0; i < MAX_LINKS; i++) {
            Place place = places.get(at);
            if (place != null) {
                return Optional.of(place);
            }
            String link = links.get(at);
            if (link == null) {
                return Optional.empty();
            }
            at = link;
        }
        return Optional.empty();
    }

    /** Number of files and links. */
    public int size() {
        return places.size() + links.size();
    }

    private void read(FileChannel channel) throws IOException {
        long end = channel.size();
        long at = 0;
        @Nullable String longName = null;
        @Nullable PaxRecords pax = null;
        byte[] block = new byte[TarHeader.SIZE];
        while (at + TarHeader.SIZE <= end) {
            readFully(channel, at, block);
            if (TarHeader.isZero(block)) {
                at += TarHeader.SIZE;
                continue;
            }
            var header = new TarHeader(block);
            if (!header.hasValidChecksum()) {
                throw new CorruptFormatException(
                        name, at, "a tar header with a correct checksum", "other bytes");
            }
            long offset = at + TarHeader.SIZE;
            switch (header.type()) {
                case 'L' -> longName = text(extension(channel, header, offset));
                case 'x', 'X' -> {
                    pax = new PaxRecords();
                    if (!pax.parse(extension(channel, header, offset))) {
                        throw new CorruptFormatException(name, at, "PAX records", "other bytes");
                    }
                }
                case 'g', 'K', 'V' -> {}
                default -> {
                    long size = size(header, pax);
                    entry(header, longName, pax, new Place(offset, size));
                    longName = null;
                    pax = null;
                    at = next(offset, size, end);
                    continue;
                }
            }
            at = next(offset, header.size(), end);
        }
        if (size() == 0) {
            throw new CorruptFormatException(name, 0, "a tar archive", "no entry of one");
        }
    }

    private long next(long offset, long size, long end) {
        if (size < 0 || size > end - offset) {
            throw new CorruptFormatException(
                    name, offset, size + " bytes of an entry", (end - offset) + " bytes");
        }
        return offset + (size + TarHeader.SIZE - 1) / TarHeader.SIZE * TarHeader.SIZE;
    }

    private static long size(TarHeader header, @Nullable PaxRecords pax) {
        byte[] told = pax == null ? null : pax.get("size");
        return told == null ? header.size() : PaxRecords.decimal(text(told));
    }

    private void entry(
            TarHeader header, @Nullable String longName, @Nullable PaxRecords pax, Place place) {
        byte[] told = pax == null ? null : pax.get("path");
        String path =
                clean(
                        told != null
                                ? text(told)
                                : longName != null ? longName : text(header.name()));
        if (size() >= MAX_ENTRIES) {
            throw new CorruptFormatException(
                    name, place.offset(), "at most " + MAX_ENTRIES + " entries", "more");
        }
        switch (header.type()) {
            case '0', '\0', '7' -> {
                places.put(path, place);
                links.remove(path);
            }
            case '1', '2' -> {
                byte[] target = pax == null ? null : pax.get("linkpath");
                String to = text(target == null ? header.linkName() : target);
                int slash = path.lastIndexOf('/');
                boolean relative = header.type() == '2' && slash >= 0;
                links.put(path, clean(relative ? path.substring(0, slash + 1) + to : to));
                places.remove(path);
            }
            default -> {}
        }
    }

    private byte[] extension(FileChannel channel, TarHeader header, long offset)
            throws IOException {
        long size = header.size();
        if (size < 0 || size > MAX_EXTENSION) {
            throw new CorruptFormatException(
                    name, offset, "an extension of up to " + MAX_EXTENSION + " bytes", "" + size);
        }
        byte[] bytes = new byte[(int) size];
        readFully(channel, offset, bytes);
        return bytes;
    }

    private void readFully(FileChannel channel, long offset, byte[] target) throws IOException {
        var buffer = ByteBuffer.wrap(target);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, offset + buffer.position()) < 0) {
                throw new CorruptFormatException(
                        name, offset, target.length + " bytes", "the end of the file");
            }
        }
    }

    private static String text(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /** Without empty, dot and dot-dot parts. */
    private static String clean(String path) {
        var parts = new java.util.ArrayDeque<String>();
        for (String part : path.split("/", -1)) {
            if (part.equals("..")) {
                parts.pollLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.addLast(part);
            }
        }
        return String.join("/", parts);
    }
}
