package dev.naiad.snapshotter.contract;

import dev.naiad.linux.DirectoryTree;
import dev.naiad.linux.Mount;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.RawPath;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.Commands;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A containerd of the distribution on directories of its own, with a snapshotter under test as its
 * plug-in.
 */
final class PrivateContainerd implements AutoCloseable {
    private final Path base;
    private final Process process;

    private PrivateContainerd(Path base, Process process) {
        this.base = base;
        this.process = process;
    }

    static PrivateContainerd start(Path snapshotterSocket) throws IOException {
        Path base = Files.createTempDirectory(Path.of("/tmp"), "nc").toRealPath();
        Path config = base.resolve("config.toml");
        Files.writeString(
                config,
                """
                version = 2
                root = "%1$s/root"
                state = "%1$s/state"
                disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.nri.v1.nri", "io.containerd.internal.v1.tracing"]
                oom_score = 0
                [grpc]
                  address = "%1$s/c.sock"
                [plugins."io.containerd.internal.v1.opt"]
                  path = "%1$s/opt"
                [proxy_plugins.nydus]
                  type = "snapshot"
                  address = "%2$s"
                """
                        .formatted(base, snapshotterSocket));
        Process process =
                new ProcessBuilder("containerd", "-c", config.toString())
                        .redirectInput(new File("/dev/null"))
                        .redirectErrorStream(true)
                        .redirectOutput(base.resolve("containerd.log").toFile())
                        .start();
        var containerd = new PrivateContainerd(base, process);
        try {
            Await.until(
                    "containerd",
                    () -> {
                        if (!process.isAlive()) {
                            throw new IOException(
                                    "containerd ended:\n"
                                            + Files.readString(base.resolve("containerd.log")));
                        }
                        return Files.exists(base.resolve("c.sock"))
                                && containerd.run("version").exitCode() == 0;
                    });
        } catch (RuntimeException | Error e) {
            containerd.close();
            throw e;
        }
        return containerd;
    }

    Path directory() {
        return base;
    }

    /** One ctr command. */
    Commands.Result run(String... arguments) {
        var command = new ArrayList<>(List.of("ctr", "-a", base.resolve("c.sock").toString()));
        command.addAll(List.of(arguments));
        return Commands.run(command);
    }

    /** One ctr command that must succeed; answers its output. */
    String ctr(String... arguments) {
        return run(arguments).orFail().output();
    }

    /** Shims of this containerd that a failed test left. */
    private List<ProcessHandle> shims() throws IOException {
        var found = new ArrayList<ProcessHandle>();
        try (DirectoryStream<Path> processes =
                Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    String line =
                            new String(
                                    Files.readAllBytes(process.resolve("cmdline")),
                                    StandardCharsets.ISO_8859_1);
                    if (line.contains("containerd-shim") && line.contains(base + "/c.sock")) {
                        long pid = Long.parseLong(process.getFileName().toString());
                        ProcessHandle.of(pid).ifPresent(found::add);
                    }
                } catch (IOException e) {
                    // It ended meanwhile.
                }
            }
        }
        return found;
    }

    @Override
    public void close() throws IOException {
        for (ProcessHandle shim : shims()) {
            shim.children().forEach(ProcessHandle::destroyForcibly);
            shim.destroyForcibly();
        }
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Await.until("shims to end", () -> shims().isEmpty());
        for (MountInfo mount : MountInfo.current().reversed()) {
            if (mount.mountPoint().toString().startsWith(base + "/")) {
                Mount.tryUmount(
                        RawPath.of(Path.of(mount.mountPoint().toString())), Mount.MNT_DETACH);
            }
        }
        DirectoryTree.delete(base);
    }
}
