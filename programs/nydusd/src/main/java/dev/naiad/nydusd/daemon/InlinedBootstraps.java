package dev.naiad.nydusd.daemon;

import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendBlob;
import dev.naiad.backend.ReadPriority;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import dev.naiad.nydusd.rafsfs.BootstrapMemory;
import dev.naiad.rafs.blob.BlobReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bootstraps that lie inside their blobs. The backend is asked for the blob that has the file's
 * name, and what it holds is kept in the cache directory, for a daemon that takes over while the
 * backend does not answer.
 */
final class InlinedBootstraps {
    private static final Logger LOG = LoggerFactory.getLogger(InlinedBootstraps.class);

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Pattern BLOB_ID = Pattern.compile("[0-9a-f]{64}");

    private InlinedBootstraps() {}

    /** The blob id that a file is named after: its name up to the first dot, if that is one. */
    static Optional<String> blobId(Path file) {
        var name = String.valueOf(file.getFileName());
        int dot = name.indexOf('.');
        var id = dot > 0 ? name.substring(0, dot) : name;
        return BLOB_ID.matcher(id).matches() ? Optional.of(id) : Optional.empty();
    }

    /**
     * The bootstrap inside a blob.
     *
     * @param file what the user asked for, for errors
     * @param directory where to keep it; empty keeps nothing
     */
    static BootstrapMemory open(
            Path file, String blobId, Backend backend, Optional<Path> directory) {
        var kept = directory.map(path -> path.resolve(blobId + ".image.boot"));
        byte[] bytes;
        try {
            var blob = BackendBlob.open(backend, blobId, ReadPriority.USER, Deadline.after(LIMIT));
            bytes = BlobReader.inlinedBootstrap(blob);
        } catch (NaiadException e) {
            if (e instanceof CorruptFormatException
                    || !kept.map(BootstrapMemory::isIn).orElse(false)) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        file + " is not a bootstrap, nor is there one in the blob of that name",
                        e);
            }
            LOG.warn("using {}: {}", kept.get(), NaiadException.chain(e));
            return BootstrapMemory.map(kept.get());
        }
        var opened = BootstrapMemory.copy(bytes, blobId + " (image.boot)");
        kept.ifPresent(path -> keep(path, bytes));
        return opened;
    }

    private static void keep(Path path, byte[] bytes) {
        try {
            if (Files.exists(path) && Arrays.equals(Files.readAllBytes(path), bytes)) {
                return;
            }
            Files.createDirectories(path.toAbsolutePath().getParent());
            AtomicFiles.write(path, bytes);
        } catch (IOException | NaiadException e) {
            LOG.warn("{} is not kept: {}", path, e.toString());
        }
    }
}
