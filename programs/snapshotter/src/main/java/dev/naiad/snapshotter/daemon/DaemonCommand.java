package dev.naiad.snapshotter.daemon;

import dev.naiad.snapshotter.store.DaemonRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** nydusd's command line, options in the original's order. */
final class DaemonCommand {
    private DaemonCommand() {}

    /**
     * @param bootstrap the image of a dedicated daemon; empty for a shared one
     * @param upgrade for a successor that takes over from a living daemon
     * @param prefetchFiles list for this one start
     */
    static List<String> of(
            Path nydusd,
            DaemonRecord daemon,
            Optional<Path> bootstrap,
            boolean upgrade,
            Optional<String> prefetchFiles) {
        var command = new ArrayList<String>();
        command.add(nydusd.toString());
        command.add("fuse");
        if (upgrade) {
            command.add("--upgrade");
        }
        if (daemon.threads() > 0) {
            add(command, "--thread-num", Integer.toString(daemon.threads()));
        }
        if (!daemon.supervisorPath().isEmpty()) {
            add(command, "--id", daemon.id());
        }
        bootstrap.ifPresent(
                file -> {
                    add(
                            command,
                            "--config",
                            Path.of(daemon.configDir()).resolve("config.json").toString());
                    add(command, "--bootstrap", file.toString());
                });
        add(command, "--mountpoint", daemon.mountpoint());
        add(command, "--apisock", daemon.apiSocket());
        add(command, "--log-level", daemon.logLevel());
        if (daemon.logRotationSizeMb() > 0) {
            add(command, "--log-rotation-size", Integer.toString(daemon.logRotationSizeMb()));
        }
        if (!daemon.supervisorPath().isEmpty()) {
            add(command, "--supervisor", daemon.supervisorPath());
        }
        if (!daemon.logToStdout()) {
            add(command, "--log-file", Path.of(daemon.logDir()).resolve("nydusd.log").toString());
        }
        prefetchFiles.ifPresent(files -> add(command, "--prefetch-files", files));
        return List.copyOf(command);
    }

    private static void add(List<String> command, String option, String value) {
        command.add(option);
        command.add(value);
    }
}
