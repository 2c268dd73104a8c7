package dev.naiad.nydusd.conformance;

import dev.naiad.nydusd.main.NydusdMain;
import dev.naiad.nydusdapi.NydusdClient;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.RunningProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * nydusd as a process of its own, in a directory that holds {@code config.json}, {@code image.boot}
 * and {@code mnt}, and gets {@code api.sock} and {@code output}.
 */
final class NydusdProcess {
    private NydusdProcess() {}

    /** Starts and waits until it serves; the caller closes it. */
    static RunningProcess start(Path directory, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(
                List.of(
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        classPath(),
                        NydusdMain.class.getName(),
                        "fuse",
                        "--config",
                        directory.resolve("config.json").toString(),
                        "--bootstrap",
                        directory.resolve("image.boot").toString(),
                        "--mountpoint",
                        directory.resolve("mnt").toString(),
                        "--apisock",
                        socket(directory).toString()));
        command.addAll(arguments);
        var process = RunningProcess.start(directory.resolve("output"), Map.of(), command);
        Await.until(
                "nydusd is RUNNING",
                () -> {
                    if (!process.isAlive()) {
                        throw new AssertionError("nydusd ended: " + process.output());
                    }
                    return RunningDaemon.isRunning(client(directory));
                });
        return process;
    }

    static Path socket(Path directory) {
        return directory.resolve("api.sock");
    }

    static NydusdClient client(Path directory) {
        return new NydusdClient(socket(directory), Duration.ofSeconds(60));
    }

    private static String classPath() {
        var real = System.getProperty("surefire.test.class.path");
        return real != null ? real : System.getProperty("java.class.path");
    }
}
