package dev.naiad.nydusify.mount;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * What nydusd needs on disk, in a directory of its own below the working directory, so that
 * removing it can take nothing of the user's along. Only its owner may look into it: the
 * configuration holds credentials.
 */
final class NydusdFiles implements AutoCloseable {
    /** Of sun_path, without the zero at its end. */
    private static final int MAX_SOCKET_BYTES = 107;

    private final WorkDir work;
    private final Path directory;

    private NydusdFiles(WorkDir work, Path directory) {
        this.work = work;
        this.directory = directory;
    }

    /** The directory is ours from now on. */
    static NydusdFiles in(WorkDir work) {
        try {
            Path directory = work.directory();
            Files.createDirectories(directory.resolve("fs/nydus_blobs"));
            return new NydusdFiles(work, directory);
        } catch (IOException e) {
            throw WorkDir.failed(work.directory(), e);
        }
    }

    /** Everything of ours. */
    Path directory() {
        return directory;
    }

    /** Writes what was pulled and how nydusd gets the rest. */
    void write(PlatformImage image, byte[] bootstrap, ConfigNode config) {
        try {
            Files.write(directory.resolve("nydus_manifest.json"), image.manifestBytes());
            Files.write(directory.resolve("nydus_config.json"), image.configBytes());
            Files.write(directory.resolve("nydus_bootstrap"), bootstrap);
            Path file =
                    Files.createFile(
                            configFile(),
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            Files.write(file, JsonWriter.pretty(config).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw WorkDir.failed(directory, e);
        }
    }

    Path cache() {
        return directory.resolve("fs/nydus_blobs");
    }

    private Path configFile() {
        return directory.resolve("fs/nydusd_config.json");
    }

    /** How nydusd is called. */
    List<String> command(Path nydusd, Path mountPoint) {
        var command =
                new ArrayList<>(
                        List.of(
                                nydusd.toString(),
                                "--config",
                                configFile().toString(),
                                "--mountpoint",
                                mountPoint.toString(),
                                "--bootstrap",
                                directory.resolve("nydus_bootstrap").toString(),
                                "--log-level",
                                "warn"));
        String socket = directory.resolve("fs/nydus_api.sock").toString();
        // Deep down the path is too long for a socket; the mount works without.
        if (socket.getBytes(StandardCharsets.UTF_8).length <= MAX_SOCKET_BYTES) {
            command.addAll(List.of("--apisock", socket));
        }
        return command;
    }

    @Override
    public void close() {
        work.close();
    }
}
