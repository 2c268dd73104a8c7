package dev.naiad.backend.localfs;

import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendCounters;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.config.BackendConfig;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Blobs as files: one file for any blob, or files named by blob id in a directory and its
 * alternatives, of which the first that is not empty counts. A file is opened for each read, so it
 * may be replaced at any time.
 */
public final class LocalFsBackend implements Backend {
    private static final int PART_BYTES = 1 << 20;

    private final Optional<Path> blobFile;
    private final List<Path> directories;
    private final BackendCounters metrics;

    public LocalFsBackend(BackendConfig.LocalFs config, BackendCounters metrics) {
        this.blobFile =
                config.blobFile().isEmpty()
                        ? Optional.empty()
                        : Optional.of(Path.of(config.blobFile()));
        var all = new ArrayList<Path>();
        if (!config.dir().isEmpty()) {
            all.add(Path.of(config.dir()));
        }
        all.addAll(config.altDirs());
        this.directories = List.copyOf(all);
        this.metrics = metrics;
    }

    @Override
    public String type() {
        return "localfs";
    }

    @Override
    public long size(String blobId, Deadline deadline) {
        Path path = find(blobId);
        try {
            return Files.size(path);
        } catch (IOException e) {
            throw failed(blobId, path, e);
        }
    }

    @Override
    public void read(
            String blobId,
            long offset,
            MemorySegment target,
            ReadPriority priority,
            Deadline deadline) {
        deadline.check("blob " + blobId);
        Path path = find(blobId);
        long begin = System.nanoTime();
        try (var file = FileChannel.open(path, StandardOpenOption.READ)) {
            long done = 0;
            while (done < target.byteSize()) {
                long part = Math.min(target.byteSize() - done, PART_BYTES);
                ByteBuffer buffer = target.asSlice(done, part).asByteBuffer();
                int count = file.read(buffer, offset + done);
                if (count < 0) {
                    throw new NaiadException(
                            ErrorKind.OUT_OF_RANGE,
                            "blob "
                                    + blobId
                                    + ": "
                                    + path
                                    + " ends at "
                                    + file.size()
                                    + ", wanted "
                                    + target.byteSize()
                                    + " bytes at "
                                    + offset);
                }
                done += count;
            }
        } catch (IOException e) {
            metrics.failed();
            throw failed(blobId, path, e);
        } catch (NaiadException e) {
            metrics.failed();
            throw e;
        }
        metrics.succeeded(target.byteSize(), System.nanoTime() - begin);
    }

    @Override
    public InputStream stream(
            String blobId, long offset, ReadPriority priority, Deadline deadline) {
        Path path = find(blobId);
        try {
            InputStream in = Files.newInputStream(path);
            boolean good = false;
            try {
                in.skipNBytes(offset);
                good = true;
                return in;
            } finally {
                if (!good) {
                    in.close();
                }
            }
        } catch (IOException e) {
            throw failed(blobId, path, e);
        }
    }

    private Path find(String blobId) {
        if (blobFile.isPresent()) {
            return blobFile.get();
        }
        if (blobId.isEmpty()
                || blobId.indexOf('/') >= 0
                || blobId.equals(".")
                || blobId.equals("..")) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "\"" + blobId + "\" is not the name of a blob file");
        }
        for (Path directory : directories) {
            Path candidate = directory.resolve(blobId);
            try {
                if (Files.isRegularFile(candidate) && Files.size(candidate) > 0) {
                    return candidate;
                }
            } catch (IOException e) {
                // The next directory may have it.
            }
        }
        throw new NaiadException(
                ErrorKind.NOT_FOUND, "blob " + blobId + ": is in none of " + directories);
    }

    private static NaiadException failed(String blobId, Path path, IOException e) {
        var kind =
                switch (e) {
                    case java.nio.file.NoSuchFileException _ -> ErrorKind.NOT_FOUND;
                    case java.nio.file.AccessDeniedException _ -> ErrorKind.PERMISSION_DENIED;
                    default -> ErrorKind.UNAVAILABLE;
                };
        return new NaiadException(kind, IoReason.after("blob " + blobId + ": " + path, e), e);
    }

    @Override
    public BackendCounters metrics() {
        return metrics;
    }

    @Override
    public void close() {}
}
