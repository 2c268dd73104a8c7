package dev.naiad.builder.rewrite;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildStatistics;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.chunk.BlobFinisher;
import dev.naiad.builder.chunk.BlobSink;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.load.BlobAccess;
import dev.naiad.codec.block.BlockCodec;
import dev.naiad.codec.digest.Hasher;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import java.lang.foreign.MemorySegment;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A new blob of chunks that other blobs hold. Every chunk is decoded and checked before it is
 * copied: a damaged one must not get a fresh blob's digest. Stored bytes are copied as they are
 * where the new blob's form allows it.
 */
final class BlobCopy {
    private static final int BLOCK = 4096;

    private final LoadedImage image;
    private final ChunkStore result;
    private final BlobForm form;
    private final int index;
    private final int first;
    private final BlobSink sink;
    private final BlockCodec codec;
    private final Hasher hasher;
    private final CRC32C crc = new CRC32C();
    private final byte[] digest = new byte[Digester.LENGTH];
    private final byte[] plain;
    private long plainEnd;

    /**
     * Begins a blob.
     *
     * @param result gets the new chunks
     * @param index place of the blob in the new blob table
     */
    BlobCopy(
            LoadedImage image,
            ChunkStore result,
            BlobForm form,
            int index,
            WritableByteChannel channel,
            String name) {
        this.image = image;
        this.result = result;
        this.form = form;
        this.index = index;
        this.first = result.count();
        this.sink = new BlobSink(channel, name);
        this.codec = form.compressor().codec();
        this.hasher = form.digester().hasher();
        this.plain = new byte[image.image().chunkSize()];
    }

    /** Adds a chunk of the image; a chunk that is already there is not stored again. */
    int add(BlobAccess from, int number) {
        var store = image.store();
        int size = store.uncompressedSize(number);
        int chunk = store.chunkIndex(number);
        boolean sameDigester = from.info().digester() == form.digester();
        if (sameDigester) {
            store.digest(number, digest, 0);
            int known = find(size);
            if (known >= 0) {
                return known;
            }
        }
        from.chunk(chunk, MemorySegment.ofArray(plain).asSlice(0, size));
        if (!sameDigester) {
            hasher.reset();
            hasher.update(plain, 0, size);
            System.arraycopy(hasher.finish(), 0, digest, 0, digest.length);
            int known = find(size);
            if (known >= 0) {
                return known;
            }
        }
        return append(from, number, chunk, size);
    }

    private int find(int size) {
        int known = result.find(digest, 0, size);
        return known >= 0 && result.blobIndex(known) == index ? known : -1;
    }

    private int append(BlobAccess from, int number, int chunk, int size) {
        int place = result.count() - first;
        if (place >= BlobLimits.MAX_CHUNKS - 2) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    sink.name() + ": more than " + (BlobLimits.MAX_CHUNKS - 2) + " chunks");
        }
        byte[] stored;
        boolean compressed;
        if (from.isPortable(chunk, form.compressor())) {
            stored = from.stored(chunk);
            compressed = from.isCompressed(chunk);
        } else {
            stored = compress(size);
            compressed = stored.length < size;
        }
        crc.reset();
        crc.update(plain, 0, size);
        int sum = (int) crc.getValue();
        int copy = result.add(digest, 0, index, place, size, plainEnd, true);
        // A checksum of 0 reads as "none": readers refuse the flag beside it.
        int flags = (compressed ? ChunkInfo.COMPRESSED : 0) | (sum == 0 ? 0 : ChunkInfo.HAS_CRC);
        result.stored(copy, sink.position(), stored.length, flags, sum);
        result.fileOffset(copy, image.store().info(number).fileOffset());
        sink.write(stored);
        plainEnd += form.isAligned() ? (size + BLOCK - 1L) / BLOCK * BLOCK : size;
        return copy;
    }

    private byte[] compress(int size) {
        byte[] content = Arrays.copyOf(plain, size);
        if (form.compressor() == Compressor.NONE) {
            return content;
        }
        byte[] smaller = codec.compress(content);
        return smaller.length < size ? smaller : content;
    }

    /** Chunks that are in the blob by now. */
    int count() {
        return result.count() - first;
    }

    /** Writes what follows the data; the blob's entry for the blob table is the only one. */
    BuiltLayer finish() {
        var finisher = new BlobFinisher(sink, form.features(), form.compressor());
        finisher.endData(plainEnd);
        var location = BlobInfo.MetaLocation.ABSENT;
        byte[] cacheFile = new byte[0];
        if (form.version() == RafsVersion.V6) {
            var meta = finisher.meta(result, first, count());
            location = meta.location();
            cacheFile = meta.cacheFile();
        }
        var id = Digest.of(Digest.Algorithm.SHA256, sink.sha256());
        var info =
                new BlobInfo(
                        index,
                        id.hex(),
                        image.image().chunkSize(),
                        count(),
                        form.compressor(),
                        form.digester(),
                        form.features(),
                        sink.position(),
                        plainEnd,
                        location,
                        BlobInfo.TocLocation.ABSENT,
                        new byte[32],
                        0,
                        Cipher.NONE,
                        new byte[0],
                        new byte[0],
                        0,
                        0,
                        0);
        return new BuiltLayer(
                id,
                sink.position(),
                new byte[0],
                cacheFile,
                List.of(info),
                new BuildStatistics(0, plainEnd, plainEnd, 0, 0));
    }
}
