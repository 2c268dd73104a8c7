package dev.naiad.nydusimage.command;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.FdSource;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The image that a command line names: a bootstrap, a blob that ends with one, or the id of such a
 * blob in the directory or backend that the command line names too.
 *
 * @param blobs the blob table with the ids under which the blobs are found
 * @param sources where the blobs are, if the command line says so
 */
record ImageFile(Bootstrap bootstrap, List<BlobInfo> blobs, Optional<BlobSources> sources)
        implements AutoCloseable {

    /** Opens it; {@code --blob-dir} and {@code --config} say where blobs are. */
    static ImageFile open(CommandLine line, ProgramContext context, Path file, Arena arena) {
        return open(file, arena, BlobSources.of(line, context, file, "blob-dir", "config"));
    }

    /** Opens it; {@code sources} belongs to the result, and is closed if there is none. */
    static ImageFile open(Path file, Arena arena, Optional<BlobSources> sources) {
        try {
            var bootstrap = bootstrap(file, arena, sources);
            var blobs =
                    sources.isPresent()
                            ? sources.get().named(bootstrap)
                            : BlobSources.named(bootstrap, file);
            return new ImageFile(bootstrap, blobs, sources);
        } catch (NaiadException e) {
            sources.ifPresent(BlobSources::close);
            throw e;
        }
    }

    private static Bootstrap bootstrap(Path file, Arena arena, Optional<BlobSources> sources) {
        return BootstrapReader.open(bytes(file, arena, sources), file.toString());
    }

    /** The bytes of the bootstrap that is in the file, or in the blob that goes by its name. */
    static MemorySegment bytes(Path file, Arena arena, Optional<BlobSources> sources) {
        if (!Files.exists(file) && sources.isPresent()) {
            return inlined(sources.get().open(BootstrapFile.blobId(file)), arena);
        }
        if (isBlob(file)) {
            try (var source = FdSource.open(file)) {
                return inlined(source, arena);
            } catch (NaiadException e) {
                if (e.kind() != ErrorKind.NOT_FOUND) {
                    throw e;
                }
                // Neither: it is refused as the bootstrap that it was said to be.
            }
        }
        return BootstrapFile.read(file, arena);
    }

    private static boolean isBlob(Path file) {
        try {
            return Files.isRegularFile(file)
                    && Files.size(file) > 0
                    && !BootstrapFile.looksLikeOne(file);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static MemorySegment inlined(ByteSource blob, Arena arena) {
        byte[] bytes = BlobReader.inlinedBootstrap(blob);
        var segment = arena.allocate(bytes.length, 8);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, segment, 0, bytes.length);
        return segment;
    }

    @Override
    public void close() {
        sources.ifPresent(BlobSources::close);
    }
}
