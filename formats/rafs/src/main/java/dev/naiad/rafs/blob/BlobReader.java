package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.block.BlockCodec;
import dev.naiad.codec.digest.Hasher;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Digester;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Reads a complete blob file for tools: its chunk information, its inlined bootstrap, and single
 * chunks, decoded and verified by digest or checksum. For one thread.
 */
public final class BlobReader {
    private static final int LARGEST = 1 << 30;

    private final ByteSource blob;
    private final BlobInfo info;
    private final BlockCodec codec;
    private final Hasher hasher;
    private final CRC32C crc = new CRC32C();

    public BlobReader(ByteSource blob, BlobInfo info) {
        this.blob = blob;
        this.info = info;
        this.codec = info.compressor().codec();
        this.hasher = info.digester().hasher();
    }

    /** The chunk information at the place that the blob table gives. */
    public BlobMeta meta() {
        var location = info.meta();
        if (location.uncompressedSize() == 0) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND, blob.name() + ": the blob has no chunk information");
        }
        long headerAt = Math.addExact(location.offset(), location.compressedSize());
        if (location.uncompressedSize() > LARGEST || headerAt > blob.size() - BlobMetaHeader.SIZE) {
            throw new CorruptFormatException(
                    blob.name(),
                    location.offset(),
                    "chunk information inside the blob (" + blob.size() + " bytes)",
                    location.toString());
        }
        var header =
                BlobMetaHeader.read(
                        MemorySegment.ofArray(blob.readBytes(headerAt, BlobMetaHeader.SIZE)),
                        0,
                        blob.name());
        byte[] stored = blob.readBytes(location.offset(), (int) location.compressedSize());
        byte[] plain =
                location.compressor()
                        .codec()
                        .decompress(
                                stored,
                                (int) location.uncompressedSize(),
                                blob.name() + " (chunk information)");
        return BlobMeta.open(info, header, MemorySegment.ofArray(plain), digests(), blob.name());
    }

    private MemorySegment digests() {
        if (!info.has(BlobFeatures.INLINED_CHUNK_DIGEST)) {
            return MemorySegment.ofArray(new byte[0]);
        }
        var entry = Toc.probe(blob).flatMap(toc -> toc.find(SectionHeader.BLOB_DIGEST));
        if (entry.isEmpty()
                || entry.get().compressedSize() != (long) info.chunkCount() * Digester.LENGTH) {
            return MemorySegment.ofArray(new byte[0]);
        }
        byte[] digests = blob.readBytes(entry.get().offset(), (int) entry.get().compressedSize());
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
     * Reads and decodes a chunk and checks it.
     *
     * @param chunks knows it; its checksum is looked at if it has one, its digest if it has one
     * @param target as large as the chunk
     */
    public void chunk(BlobChunks chunks, int index, MemorySegment target) {
        if (chunks.isZran(index) || chunks.isEncrypted(index) || info.cipher() != Cipher.NONE) {
            throw new NaiadException(
                    ErrorKind.UNIMPLEMENTED,
                    blob.name() + ": reading encrypted or zran chunks is not supported yet");
        }
        String what = blob.name() + " (chunk " + index + ")";
        if (chunks.isBatch(index)) {
            batchMember(chunks, index, target, what);
        } else {
            unit(
                    chunks.compressedOffset(index),
                    chunks.compressedSize(index),
                    chunks.isCompressed(index),
                    target,
                    what);
        }
        verify(chunks, index, target, what);
    }

    private void unit(
            long offset, long size, boolean compressed, MemorySegment target, String what) {
        if (offset > blob.size()
                || size > blob.size() - offset
                || size > 2L * BlobLimits.MAX_CHUNK_SIZE) {
            throw new CorruptFormatException(
                    what,
                    offset,
                    "stored bytes inside the blob (" + blob.size() + " bytes)",
                    offset + "+" + size);
        }
        if (!compressed) {
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
            codec.decompressExactly(stored, target, what);
        }
    }

    private void batchMember(BlobChunks chunks, int index, MemorySegment target, String what) {
        if (!(chunks instanceof BlobMeta meta)) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    what + ": a batch is read through the blob's own chunk information");
        }
        var batch = meta.contexts().batch(meta.context(index));
        try (var arena = Arena.ofConfined()) {
            var plain =
                    arena.allocate(Math.max(1, batch.plainSize())).asSlice(0, batch.plainSize());
            unit(
                    meta.compressedOffset(index),
                    batch.compressedSize(),
                    batch.compressedSize() != batch.plainSize(),
                    plain,
                    what);
            MemorySegment.copy(plain, meta.contextOffset(index), target, 0, target.byteSize());
        }
    }

    private void verify(BlobChunks chunks, int index, MemorySegment plain, String what) {
        if (chunks.hasCrc(index)) {
            crc.reset();
            crc.update(plain.toArray(ValueLayout.JAVA_BYTE));
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
