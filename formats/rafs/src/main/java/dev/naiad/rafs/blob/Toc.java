package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.error.CorruptFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A blob's table of contents: entries, then their tar header, at the end of the blob.
 * docs/formats/blob.md#toc
 *
 * @param offset where the entries begin in the blob
 */
public record Toc(long offset, List<TocEntry> entries) {
    /** How many bytes at the end of a blob suffice to find the table of contents. */
    public static final int PROBE = 4096;

    private static final int LONGEST = 65536;

    public Toc {
        entries = List.copyOf(entries);
    }

    public Optional<TocEntry> find(String name) {
        return entries.stream().filter(entry -> entry.name().equals(name)).findFirst();
    }

    /** Finds the table at the end of a blob; empty if the blob has none. */
    public static Optional<Toc> probe(ByteSource blob) {
        int length = (int) (Math.min(PROBE, blob.size()) & -TocEntry.SIZE);
        if (length <= SectionHeader.SIZE) {
            return Optional.empty();
        }
        var tail = MemorySegment.ofArray(blob.readBytes(blob.size() - length, length));
        return probe(tail, blob.size(), blob.name());
    }

    /**
     * Finds the table in the last bytes of a blob of {@code blobSize} bytes.
     *
     * @throws CorruptFormatException if there is one and it is damaged or larger than {@code tail}
     */
    public static Optional<Toc> probe(MemorySegment tail, long blobSize, String blobName) {
        long at = tail.byteSize() - SectionHeader.SIZE;
        if (!SectionHeader.matches(tail, at)) {
            return Optional.empty();
        }
        var header = SectionHeader.read(tail, at, blobName);
        if (!header.name().equals(SectionHeader.TOC)) {
            return Optional.empty();
        }
        if (header.size() > at) {
            throw new CorruptFormatException(
                    blobName,
                    blobSize - SectionHeader.SIZE,
                    "a table of contents of at most " + at + " bytes",
                    header.toString());
        }
        return Optional.of(parse(tail.asSlice(at - header.size()), blobSize, blobName));
    }

    /**
     * Reads the table whose place the blob table gives.
     *
     * @param offset of the entries, {@code size} with the header
     * @param digest SHA-256 of both
     */
    public static Toc read(ByteSource blob, long offset, long size, byte[] digest) {
        if (size <= SectionHeader.SIZE
                || size > LONGEST
                || size % TocEntry.SIZE != 0
                || offset < 0
                || offset > blob.size() - size) {
            throw new CorruptFormatException(
                    blob.name(),
                    offset,
                    "a table of contents of 640 to 65536 bytes inside the blob",
                    offset + "+" + size);
        }
        byte[] bytes = blob.readBytes(offset, (int) size);
        byte[] found = sha256(bytes);
        if (!Arrays.equals(found, digest)) {
            throw new CorruptFormatException(
                    blob.name(),
                    offset,
                    "a table of contents with digest " + Hex.encode(digest),
                    Hex.encode(found));
        }
        return parse(MemorySegment.ofArray(bytes), offset + size, blob.name());
    }

    /** Decodes entries and header that end at {@code end} of the blob. */
    private static Toc parse(MemorySegment bytes, long end, String blobName) {
        long entriesSize = bytes.byteSize() - SectionHeader.SIZE;
        long offset = end - bytes.byteSize();
        var header = SectionHeader.read(bytes, entriesSize, blobName);
        if (!header.name().equals(SectionHeader.TOC)
                || header.size() != entriesSize
                || entriesSize % TocEntry.SIZE != 0) {
            throw new CorruptFormatException(
                    blobName,
                    end - SectionHeader.SIZE,
                    "the header of a table of contents of " + entriesSize + " bytes",
                    header.toString());
        }
        var view = LittleEndian.of(bytes, blobName + " (table of contents)");
        var entries = new ArrayList<TocEntry>();
        for (long at = 0; at < entriesSize; at += TocEntry.SIZE) {
            var entry = TocEntry.read(view, at);
            if (entry.offset() > end || entry.compressedSize() > end - entry.offset()) {
                // compat: 2.2-era builders give the end of the data as the offset of image.blob;
                // no reader uses it.
                if (!entry.name().equals(SectionHeader.IMAGE_BLOB)) {
                    throw view.corrupt(
                            at,
                            entry.name() + " inside the blob",
                            entry.offset() + "+" + entry.compressedSize());
                }
            }
            entries.add(entry);
        }
        return new Toc(offset, entries);
    }

    /** The stored form: entries and tar header. */
    public static byte[] toBytes(List<TocEntry> entries) {
        int size = entries.size() * TocEntry.SIZE;
        byte[] bytes = new byte[size + SectionHeader.SIZE];
        var view = LittleEndian.of(bytes, "table of contents");
        for (int i = 0; i < entries.size(); i++) {
            entries.get(i).write(view, (long) i * TocEntry.SIZE);
        }
        System.arraycopy(
                new SectionHeader(SectionHeader.TOC, size).toBytes(),
                0,
                bytes,
                size,
                SectionHeader.SIZE);
        return bytes;
    }

    /** SHA-256 of entries and header, the digest a blob table carries. */
    public static byte[] digest(byte[] stored) {
        return sha256(stored);
    }

    static byte[] sha256(byte[] bytes) {
        return newSha256().digest(bytes);
    }

    static byte[] sha256(MemorySegment bytes) {
        var digest = newSha256();
        long step = 1 << 20;
        for (long at = 0; at < bytes.byteSize(); at += step) {
            digest.update(
                    bytes.asSlice(at, Math.min(step, bytes.byteSize() - at))
                            .toArray(ValueLayout.JAVA_BYTE));
        }
        return digest.digest();
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
