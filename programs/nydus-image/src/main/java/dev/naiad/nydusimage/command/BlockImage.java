package dev.naiad.nydusimage.command;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.load.BlobAccess;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.RafsVersion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.function.Function;

/**
 * One disk that the kernel mounts without further devices: the bootstrap, then every blob,
 * uncompressed, at the block that the bootstrap's device table names. What lies between is a hole.
 */
final class BlockImage {
    private static final int STEP = 1 << 20;

    private final Bootstrap image;
    private final FileChannel out;

    private BlockImage(Bootstrap image, FileChannel out) {
        this.image = image;
        this.out = out;
    }

    /**
     * Says what makes an image unfit before anything is written.
     *
     * @throws NaiadException INVALID_ARGUMENT or a corrupt format, naming the blob
     */
    static void check(Bootstrap image) {
        if (image.version() != RafsVersion.V6) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    image.name()
                            + ": only RAFS v6 images become block devices; build it with --fs-version 6");
        }
        long end = image.byteSize();
        for (var blob : image.blobs()) {
            long start = blob.mappedBlock() * image.blockSize();
            if (start < end) {
                // Also 0, which very old builders wrote: there is no place for the blob then.
                throw new CorruptFormatException(
                        image.name(),
                        -1,
                        "a place at " + end + " or behind it for " + blob,
                        Long.toString(start));
            }
            end = start + blob.blocks() * image.blockSize();
        }
    }

    /**
     * Writes the disk, checking every chunk.
     *
     * @param image has passed {@link #check}
     * @param bootstrap the image's bytes
     * @param blobs opens a blob
     * @return the disk's length
     */
    static long write(
            Bootstrap image,
            MemorySegment bootstrap,
            Function<BlobInfo, ByteSource> blobs,
            FileChannel out)
            throws IOException {
        return new BlockImage(image, out).write(bootstrap, blobs);
    }

    private long write(MemorySegment bootstrap, Function<BlobInfo, ByteSource> blobs)
            throws IOException {
        for (long at = 0; at < bootstrap.byteSize(); at += STEP) {
            put(bootstrap.asSlice(at, Math.min(STEP, bootstrap.byteSize() - at)), at);
        }
        long end = bootstrap.byteSize();
        for (var blob : image.blobs()) {
            long start = blob.mappedBlock() * image.blockSize();
            end = start + blob.blocks() * image.blockSize();
            if (blob.has(BlobFeatures.TARFS)) {
                raw(blobs.apply(blob), start, end - start);
            } else {
                chunks(blob, blobs, start, end - start);
            }
        }
        long length = out.size();
        if (length < end) {
            // A hole at the end: what follows the last chunk.
            put(MemorySegment.ofArray(new byte[1]), end - 1);
        }
        return end;
    }

    private void raw(ByteSource tar, long start, long length) throws IOException {
        if (tar.size() < length) {
            throw new CorruptFormatException(
                    tar.name(), tar.size(), "a tar file of " + length + " bytes", "its end");
        }
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(STEP);
            for (long at = 0; at < length; at += STEP) {
                var part = buffer.asSlice(0, Math.min(STEP, length - at));
                tar.read(at, part);
                put(part, start + at);
            }
        }
    }

    private void chunks(
            BlobInfo blob, Function<BlobInfo, ByteSource> blobs, long start, long length)
            throws IOException {
        var access = BlobAccess.open(image, blob, blobs);
        var recorded = image.chunks(blob.index());
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(image.chunkSize());
            for (int i = 0; i < recorded.count(); i++) {
                if (!recorded.isKnown(i)) {
                    continue; // no file of this image has it
                }
                long at = recorded.uncompressedOffset(i);
                int size = recorded.uncompressedSize(i);
                if (at < 0 || size > buffer.byteSize() || at > length - size) {
                    throw new CorruptFormatException(
                            image.name(),
                            -1,
                            "chunk " + i + " inside the " + length + " bytes of " + blob,
                            at + "+" + size);
                }
                var plain = buffer.asSlice(0, size);
                access.chunk(i, plain);
                put(plain, start + at);
            }
        }
    }

    private void put(MemorySegment bytes, long at) throws IOException {
        write(out, bytes.asByteBuffer(), at);
    }

    static void write(FileChannel out, ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += out.write(bytes, position);
        }
    }
}
