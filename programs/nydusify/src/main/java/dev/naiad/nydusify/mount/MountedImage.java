package dev.naiad.nydusify.mount;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.convert.files.WorkDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** An image shown in a directory below the working directory, for as long as this is open. */
public final class MountedImage implements AutoCloseable {
    private final WorkDir work;
    private final Path mountPoint;
    private final NydusdRun daemon;

    private MountedImage(WorkDir work, Path mountPoint, NydusdRun daemon) {
        this.work = work;
        this.mountPoint = mountPoint;
        this.daemon = daemon;
    }

    /** The nydusd that would be started. */
    public static Path findNydusd(ProgramContext context, Optional<String> wanted) {
        return new NydusdProgramPath(context.env()).find(wanted);
    }

    /** Mounts it; what nydusd says goes to standard error. */
    public static MountedImage open(
            ProgramContext context, ImageToMount request, Path nydusd, Path workPath)
            throws InterruptedException {
        var work = new WorkDir(workPath);
        boolean good = false;
        try {
            var files = NydusdFiles.in(work);
            request.pull(context, files);
            Path mountPoint = mountPoint(files.directory());
            var daemon =
                    NydusdRun.start(
                            files.command(nydusd, mountPoint), mountPoint, files.directory());
            try {
                daemon.awaitMounted();
                good = true;
                return new MountedImage(work, mountPoint, daemon);
            } finally {
                if (!good) {
                    daemon.close();
                }
            }
        } finally {
            if (!good) {
                work.close();
            }
        }
    }

    private static Path mountPoint(Path directory) {
        try {
            return Files.createDirectories(directory.resolve("mnt")).toRealPath();
        } catch (IOException e) {
            throw WorkDir.failed(directory, e);
        }
    }

    public Path path() {
        return mountPoint;
    }

    @Override
    public void close() {
        try (work) {
            daemon.close();
        }
    }
}
