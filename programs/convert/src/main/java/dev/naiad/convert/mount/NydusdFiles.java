package dev.naiad.convert.mount;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.linux.FileTree;
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

    private final Path work;
    private final boolean workIsOurs;
    private final Path directory;

    private NydusdFiles(Path work, boolean workIsOurs, Path directory) {
        this.work = work;
        this.workIsOurs = workIsOurs;
        this.directory = directory;
    }

    static NydusdFiles in(Path work) {
        try {
            boolean missing = Files.notExists(work);
            Files.createDirectories(work);
            Path directory = Files.createTempDirectory(work, "nydusify-");
            Files.createDirectories(directory.resolve("fs/nydus_blobs"));
            return new NydusdFiles(work, missing, directory);
        } catch (IOException e) {
            throw failed(work, e);
        }
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
            throw failed(directory, e);
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
        try {
            FileTree.delete(directory);
            if (workIsOurs && isEmpty(work)) {
                Files.deleteIfExists(work);
            }
        } catch (IOException e) {
            throw failed(directory, e);
        }
    }

    static boolean isEmpty(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    private static NaiadException failed(Path path, IOException e) {
        return new NaiadException(ErrorKind.UNAVAILABLE, "working directory " + path + ": " + e, e);
    }
}
