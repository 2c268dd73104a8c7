package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.digest.Hasher;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.StoredUnit;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads a complete blob file for tools: its chunk information, its inlined bootstrap, and single
 * chunks, decoded and verified by digest or checksum. For one thread.
 */
public final class BlobReader {
    private static final int LARGEST = 1 << 30;

    // Stretches of gzip streams are the largest.
    private static final long LARGEST_UNIT = 64 << 20;

    private final ByteSource blob;
    private final ByteSource meta;
    private final BlobInfo info;
    private final UnitDecoder decoder = new UnitDecoder();
    private final Hasher hasher;
    private final CRC32C crc = new CRC32C();
    private @Nullable StoredUnit lastUnit;
    private MemorySegment lastPlain = MemorySegment.NULL;
    // Reused: a fresh one for each unit of 2 MiB would fill the heap before anything is collected.
    private byte[] units = new byte[0];

    public BlobReader(ByteSource blob, BlobInfo info) {
        this(blob, blob, info);
    }

    /**
     * @param meta has the chunk information, where another blob has it than the data ({@link
     *     BlobInfo#metaBlob})
     */
    public BlobReader(ByteSource blob, ByteSource meta, BlobInfo info) {
        this.blob = blob;
        this.meta = meta;
        this.info = info;
        this.hasher = info.digester().hasher();
    }

    /** The chunk information at the place that the blob table gives. */
    public BlobMeta meta() {
        var location = info.meta();
        if (location.uncompressedSize() == 0) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND, meta.name() + ": the blob has no chunk information");
        }
        long headerAt = Math.addExact(location.offset(), location.compressedSize());
        if (location.uncompressedSize() > LARGEST || headerAt > meta.size() - BlobMetaHeader.SIZE) {
            throw new CorruptFormatException(
                    meta.name(),
                    location.offset(),
                    "chunk information inside the blob (" + meta.size() + " bytes)",
                    location.toString());
        }
        byte[] stored =
                meta.readBytes(location.offset(), Math.toIntExact(StoredMeta.size(location)));
        var file =
                MemorySegment.ofArray(
                        new byte[(int) BlobMeta.cacheFileSize(location.uncompressedSize())]);
        StoredMeta.decode(
                info,
                MemorySegment.ofArray(stored),
                file,
                decoder,
                meta.name() + " (chunk information)");
        return BlobMeta.open(
                info,
                BlobMetaHeader.read(file, file.byteSize() - BlobMetaHeader.SIZE, meta.name()),
                file.asSlice(0, location.uncompressedSize()),
                digests(),
                meta.name());
    }

    private MemorySegment digests() {
        if (!info.has(BlobFeatures.INLINED_CHUNK_DIGEST)) {
            return MemorySegment.ofArray(new byte[0]);
        }
        var entry = Toc.probe(meta).flatMap(toc -> toc.find(SectionHeader.BLOB_DIGEST));
        if (entry.isEmpty()
                || entry.get().compressedSize() != (long) info.chunkCount() * Digester.LENGTH) {
            return MemorySegment.ofArray(new byte[0]);
        }
        byte[] digests = meta.readBytes(entry.get().offset(), (int) entry.get().compressedSize());
        verify(entry.get(), digests);
        return MemorySegment.ofArray(digests);
    }

    private void verify(TocEntry entry, byte[] content) {
        byte[] found = Toc.sha256(content);
        if (entry.hasDigest() && !Arrays.equals(found, entry.digest())) {
            throw new CorruptFormatException(
                    blob.name(),
                    entry.offset(),
                    entry.name() + " with digest " + Hex.encode(entry.digest()),
                    Hex.encode(found));
        }
    }

    /**
     * The chunks with everything that is needed to read and check them: the bootstrap's records
     * where those know all, else joined with the blob's own chunk information.
     *
     * @param listed the bootstrap's records of this blob
     */
    public BlobChunks chunks(BlobChunks listed) {
        boolean inUnits = info.has(BlobFeatures.BATCH | BlobFeatures.ZRAN);
        return inUnits ? new JoinedChunks(meta(), listed) : listed;
    }

    /**
     * Reads and decodes a chunk and checks it.
     *
     * @param chunks describes the chunk; its checksum and its digest are checked if present
     * @param target as large as the chunk
     */
    public void chunk(BlobChunks chunks, int index, MemorySegment target) {
        String what = blob.name() + " (chunk " + index + ")";
        var unit = chunks.unit(index);
        if (unit instanceof StoredUnit.Single) {
            decode(unit, target, what);
        } else {
            var plain = shared(unit, what);
            long at = chunks.unitOffset(index);
            if (at > plain.byteSize() - target.byteSize()) {
                throw new CorruptFormatException(
                        what,
                        unit.offset(),
                        "a chunk inside the " + plain.byteSize() + " bytes of its unit",
                        at + "+" + target.byteSize());
            }
            MemorySegment.copy(plain, at, target, 0, target.byteSize());
        }
        verify(chunks, index, target, what);
    }

    /**
     * The plain bytes of a unit shared by several chunks, kept because its neighbours usually
     * follow.
     */
    private MemorySegment shared(StoredUnit unit, String what) {
        if (!unit.equals(lastUnit)) {
            if (unit.plainSize() > LARGEST_UNIT) {
                throw new CorruptFormatException(
                        what,
                        unit.offset(),
                        "a unit of at most " + LARGEST_UNIT + " bytes",
                        unit.plainSize() + " bytes");
            }
            lastUnit = null;
            if (units.length < unit.plainSize()) {
                units =
                        new byte
                                [Math.max(
                                        (int) unit.plainSize(),
                                        Math.min(2 * units.length, 8 << 20))];
            }
            lastPlain = MemorySegment.ofArray(units).asSlice(0, unit.plainSize());
            decode(unit, lastPlain, what);
            lastUnit = unit;
        }
        return lastPlain;
    }

    private void decode(StoredUnit unit, MemorySegment target, String what) {
        long offset = unit.offset();
        long size = unit.size();
        if (offset > blob.size() || size > blob.size() - offset || size > LARGEST_UNIT) {
            throw new CorruptFormatException(
                    what,
                    offset,
                    "stored bytes inside the blob (" + blob.size() + " bytes)",
                    offset + "+" + size);
        }
        if (unit instanceof StoredUnit.Single single
                && !single.compressed()
                && !single.encrypted()) {
            if (size != target.byteSize()) {
                throw new CorruptFormatException(
                        what, offset, target.byteSize() + " raw bytes", size + " bytes");
            }
            blob.read(offset, target);
            return;
        }
        try (var arena = Arena.ofConfined()) {
            var stored = arena.allocate(Math.max(1, size)).asSlice(0, size);
            blob.read(offset, stored);
            decoder.decode(info, unit, stored, target, what);
        }
    }

    private void verify(BlobChunks chunks, int index, MemorySegment plain, String what) {
        if (chunks.hasCrc(index)) {
            crc.reset();
            crc.update(plain.asByteBuffer());
            if ((int) crc.getValue() != chunks.crc32c(index)) {
                throw new CorruptFormatException(
                        what,
                        chunks.compressedOffset(index),
                        "checksum " + Integer.toHexString(chunks.crc32c(index)),
                        Long.toHexString(crc.getValue()));
            }
        }
        if (chunks.hasDigest(index)) {
            byte[] wanted = new byte[Digester.LENGTH];
            chunks.digest(index, MemorySegment.ofArray(wanted));
            byte[] found = hasher.hash(plain);
            if (!Arrays.equals(wanted, found)) {
                throw new CorruptFormatException(
                        what,
                        chunks.compressedOffset(index),
                        "digest " + Hex.encode(wanted),
                        Hex.encode(found));
            }
        }
    }

    /**
     * The bootstrap that a blob ends with, uncompressed and verified.
     *
     * @throws NaiadException NOT_FOUND if it has none
     */
    public static byte[] inlinedBootstrap(ByteSource blob) {
        var toc = Toc.probe(blob);
        if (toc.isPresent()) {
            var entry = toc.get().find(SectionHeader.IMAGE_BOOT);
            if (entry.isPresent()) {
                return content(blob, entry.get());
            }
        } else {
            var section = BlobSections.find(BlobSections.walk(blob), SectionHeader.IMAGE_BOOT);
            if (section.isPresent() && section.get().size() <= LARGEST) {
                return blob.readBytes(section.get().offset(), (int) section.get().size());
            }
        }
        throw new NaiadException(
                ErrorKind.NOT_FOUND, blob.name() + ": the blob holds no bootstrap");
    }

    /** The plain content of a section, checked against the table of contents. */
    public static byte[] content(ByteSource blob, TocEntry entry) {
        if (entry.uncompressedSize() > LARGEST || entry.compressedSize() > LARGEST) {
            throw new CorruptFormatException(
                    blob.name(),
                    entry.offset(),
                    entry.name() + " of at most 1 GiB",
                    entry.toString());
        }
        byte[] stored = blob.readBytes(entry.offset(), (int) entry.compressedSize());
        byte[] plain =
                entry.compressor()
                        .codec()
                        .decompress(
                                stored,
                                (int) entry.uncompressedSize(),
                                blob.name() + " (" + entry.name() + ")");
        byte[] found = Toc.sha256(plain);
        if (entry.hasDigest() && !Arrays.equals(found, entry.digest())) {
            throw new CorruptFormatException(
                    blob.name(),
                    entry.offset(),
                    entry.name() + " with digest " + Hex.encode(entry.digest()),
                    Hex.encode(found));
        }
        return plain;
    }
}
