package dev.naiad.builder.chunk;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo.MetaLocation;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.BlobMetaHeader;
import dev.naiad.rafs.blob.SectionHeader;
import dev.naiad.rafs.blob.Toc;
import dev.naiad.rafs.blob.TocEntry;
import dev.naiad.rafs.blob.UnitCipher;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes what follows the chunk data in a v6 blob, section by section, in order.
 * docs/formats/blob.md#sections
 */
public final class BlobFinisher {
    /** Units that take more than this are not put together in memory. */
    private static final long MAX_WHOLE = 2 << 20;

    private static final int ZSTD_LEVEL = 3;

    private final BlobSink sink;
    private final BlobFeatures features;
    private final Compressor compressor;
    private final @Nullable UnitCipher cipher;
    private final List<TocEntry> toc = new ArrayList<>();

    /** For a blob that is not encrypted. */
    public BlobFinisher(BlobSink sink, BlobFeatures features, Compressor compressor) {
        this(sink, features, compressor, null);
    }

    /**
     * @param features the blob's features in the blob table
     * @param key of the blob's encryption, or null for none
     */
    public BlobFinisher(
            BlobSink sink, BlobFeatures features, Compressor compressor, @Nullable BlobKey key) {
        this.sink = sink;
        this.features = features;
        this.compressor = compressor;
        this.cipher = key == null ? null : new UnitCipher(key.key(), key.iv());
    }

    private boolean hasHeaders() {
        return features.has(BlobFeatures.HAS_TAR_HEADER);
    }

    /** Ends the chunk data, which is all that was written until now. */
    public void endData(long uncompressedSize) {
        long size = sink.position();
        if (hasHeaders()) {
            header(SectionHeader.IMAGE_BLOB, size);
            // The one entry whose digest covers the header too.
            toc.add(
                    new TocEntry(
                            Compressor.NONE,
                            SectionHeader.IMAGE_BLOB,
                            sink.sha256SoFar(),
                            0,
                            size,
                            uncompressedSize));
        }
    }

    /** The same of chunks that are stored one by one. */
    public WrittenMeta meta(ChunkStore store, int first, int count) {
        return meta(store, first, count, ContextTable.EMPTY);
    }

    /**
     * Writes the chunk information of chunks {@code [first, first + count)} of the store.
     *
     * @param table the units that chunks share
     * @return where it lies, and the same in the form of a cache file
     */
    public WrittenMeta meta(ChunkStore store, int first, int count, ContextTable table) {
        byte[] chunks = new ChunkRecords(store, features, first, count).toBytes();
        return meta(chunks, count, table);
    }

    /** The same with the batches that some of the chunks are members of. */
    public WrittenMeta meta(ChunkStore store, int first, int count, BatchTable batches) {
        byte[] chunks = new ChunkRecords(store, features, first, count).toBytes(batches);
        return meta(chunks, count, batches.contexts());
    }

    private WrittenMeta meta(byte[] chunks, int count, ContextTable contexts) {
        long size = chunks.length + contexts.size();
        boolean large = contexts.size() > MAX_WHOLE && cipher == null;
        long offset = sink.position();
        var content = large ? stream(chunks, contexts) : whole(chunks, contexts);
        var location =
                new MetaLocation(content.compressor(), offset, sink.position() - offset, size);
        byte[] header =
                new BlobMetaHeader(
                                features,
                                count,
                                location,
                                contexts.count() == 0 ? 0 : chunks.length,
                                contexts.size(),
                                contexts.count())
                        .toBytes();
        sink.write(encrypted(header));
        if (hasHeaders()) {
            header(SectionHeader.BLOB_META, location.compressedSize() + header.length);
            toc.add(
                    new TocEntry(
                            location.compressor(),
                            SectionHeader.BLOB_META,
                            content.sha256(),
                            location.offset(),
                            location.compressedSize(),
                            size));
            long headerAt = location.offset() + location.compressedSize();
            toc.add(plain(SectionHeader.BLOB_META_HEADER, header, headerAt));
        }
        if (large) {
            return new WrittenMeta(location, new byte[0]);
        }
        byte[] cacheFile = Arrays.copyOf(content.plain(), (int) BlobMeta.cacheFileSize(size));
        System.arraycopy(header, 0, cacheFile, cacheFile.length - header.length, header.length);
        return new WrittenMeta(location, cacheFile);
    }

    @SuppressWarnings("ArrayRecordComponent") // handed on
    private record Content(Compressor compressor, byte[] sha256, byte[] plain) {}

    private Content whole(byte[] chunks, ContextTable contexts) {
        byte[] records = Arrays.copyOf(chunks, chunks.length + (int) contexts.size());
        try (var out = new ByteArrayOutputStream((int) contexts.size())) {
            contexts.writeTo(out);
            byte[] table = out.toByteArray();
            System.arraycopy(table, 0, records, chunks.length, table.length);
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
        byte[] compressed = ChunkCodec.compress(compressor, records);
        boolean raw = compressed.length >= records.length || looksPadded(compressed);
        sink.write(encrypted(raw ? records : compressed));
        return new Content(raw ? Compressor.NONE : compressor, sha256(records), records);
    }

    /** Tens of megabytes of windows, which are not held in memory once more. */
    private Content stream(byte[] chunks, ContextTable contexts) {
        var hash = sha256();
        try (var zstd =
                        LayerStreams.compressing(
                                new SinkStream(sink), LayerStreams.Kind.ZSTD, ZSTD_LEVEL);
                var out = new DigestOutputStream(zstd, hash)) {
            out.write(chunks);
            contexts.writeTo(out);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    sink.name() + ": cannot write the chunk information: " + e.getMessage(),
                    e);
        }
        return new Content(Compressor.ZSTD, hash.digest(), new byte[0]);
    }

    private static final class SinkStream extends OutputStream {
        private final BlobSink sink;

        SinkStream(BlobSink sink) {
            this.sink = sink;
        }

        @Override
        public void write(int b) {
            sink.write(new byte[] {(byte) b});
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            sink.write(ByteBuffer.wrap(bytes, offset, length));
        }
    }

    /**
     * See {@link #meta}.
     *
     * @param cacheFile empty if it is large: readers fetch it when they need it
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over
    public record WrittenMeta(MetaLocation location, byte[] cacheFile) {}

    private boolean looksPadded(byte[] bytes) {
        return cipher != null && UnitCipher.looksPadded(MemorySegment.ofArray(bytes));
    }

    private byte[] encrypted(byte[] plain) {
        if (cipher == null) {
            return plain;
        }
        byte[] stored = new byte[(int) UnitCipher.storedSize(plain.length)];
        cipher.encrypt(MemorySegment.ofArray(plain), MemorySegment.ofArray(stored));
        return stored;
    }

    /** Writes the digests of the same chunks. */
    public void digests(ChunkStore store, int first, int count) {
        byte[] digests = new byte[Math.multiplyExact(count, Digester.LENGTH)];
        var records = new ChunkRecords(store, features, first, count);
        for (int i = 0; i < count; i++) {
            store.digest(records.number(i), digests, i * Digester.LENGTH);
        }
        long offset = sink.position();
        sink.write(digests);
        header(SectionHeader.BLOB_DIGEST, digests.length);
        toc.add(plain(SectionHeader.BLOB_DIGEST, digests, offset));
    }

    /** Writes the bootstrap: compressed where a table of contents tells so, raw otherwise. */
    public void bootstrap(byte[] bootstrap) {
        byte[] stored =
                features.has(BlobFeatures.HAS_TOC)
                        ? ChunkCodec.compress(Compressor.ZSTD, bootstrap)
                        : bootstrap;
        boolean raw = stored.length >= bootstrap.length;
        long offset = sink.position();
        byte[] content = raw ? bootstrap : stored;
        sink.write(content);
        header(SectionHeader.IMAGE_BOOT, content.length);
        toc.add(
                new TocEntry(
                        raw ? Compressor.NONE : Compressor.ZSTD,
                        SectionHeader.IMAGE_BOOT,
                        sha256(bootstrap),
                        offset,
                        content.length,
                        bootstrap.length));
    }

    /** Writes the table of contents; the result is its stored form. */
    public byte[] toc() {
        byte[] stored = Toc.toBytes(toc);
        sink.write(stored);
        return stored;
    }

    private void header(String name, long size) {
        sink.write(new SectionHeader(name, size).toBytes());
    }

    private static TocEntry plain(String name, byte[] content, long offset) {
        return new TocEntry(
                Compressor.NONE, name, sha256(content), offset, content.length, content.length);
    }

    private static byte[] sha256(byte[] bytes) {
        return sha256().digest(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
