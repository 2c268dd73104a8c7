package dev.naiad.nydusimage.command;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.PendingFile;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.linux.FdSource;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * The files that a daemon has of a blob once it has read all of it: {@code ID.blob.data}, the
 * uncompressed blob, and {@code ID.blob.meta}, its chunk information (v6).
 */
final class BlobCacheWriter {
    private BlobCacheWriter() {}

    /**
     * Makes them of a blob; each appears when it is complete. Nothing is made of no data.
     *
     * @param id of the blob that was built; others are a parent's or a dictionary's
     */
    static void write(Path directory, BuiltLayer built, String id, Path blob) {
        var image = BootstrapReader.open(MemorySegment.ofArray(built.bootstrap()), "bootstrap");
        for (var info : image.blobs()) {
            if (!info.id().equals(id)) {
                continue;
            }
            try {
                data(directory, image, info, blob);
                if (built.blobMeta().length > 0) {
                    Path meta = directory.resolve(info.id() + ".blob.meta");
                    try (var file = PendingFile.beside(meta)) {
                        file.write(ByteBuffer.wrap(built.blobMeta()));
                        file.replace(PendingFile.Sync.NONE);
                    }
                }
            } catch (IOException e) {
                throw new NaiadException(
                        ErrorKind.UNAVAILABLE,
                        IoReason.after(
                                "cannot write cache files of " + info + " to " + directory, e),
                        e);
            }
        }
    }

    private static void data(Path directory, Bootstrap image, BlobInfo info, Path blob)
            throws IOException {
        try (var source = FdSource.open(blob);
                var file = PendingFile.beside(directory.resolve(info.id() + ".blob.data"))) {
            var out = file.channel();
            var reader = new BlobReader(source, info);
            var chunks = reader.chunks(image.chunks(info.index()));
            byte[] plain = new byte[image.chunkSize()];
            for (int i = 0; i < chunks.count(); i++) {
                int size = chunks.uncompressedSize(i);
                reader.chunk(chunks, i, MemorySegment.ofArray(plain).asSlice(0, size));
                BlockImage.write(
                        out, ByteBuffer.wrap(plain, 0, size), chunks.uncompressedOffset(i));
            }
            if (out.size() < info.uncompressedSize()) {
                BlockImage.write(out, ByteBuffer.allocate(1), info.uncompressedSize() - 1);
            }
            file.replace(PendingFile.Sync.NONE);
        }
    }
}
