package dev.naiad.e2e.lab;

import dev.naiad.testkit.Await;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The nydusd processes that the snapshotter of one node started. */
public final class Nydusds {
    private final Node node;

    Nydusds(Node node) {
        this.node = node;
    }

    /** The sockets of their APIs. */
    private List<Path> apiSockets() {
        var sockets = new ArrayList<Path>();
        try (DirectoryStream<Path> ids = Files.newDirectoryStream(node.root().resolve("socket"))) {
            for (Path id : ids) {
                if (Files.exists(id.resolve("api.sock"))) {
                    sockets.add(id.resolve("api.sock"));
                }
            }
        } catch (IOException none) {
            return sockets;
        }
        return sockets;
    }

    /** GET on the API of every nydusd. */
    public List<String> api(String path) {
        return apiSockets().stream()
                .map(
                        socket ->
                                Command.of(
                                                "curl",
                                                "-sS",
                                                "--max-time",
                                                "60",
                                                "--unix-socket",
                                                socket.toString(),
                                                "http://unix" + path)
                                        .run())
                .filter(result -> result.code() == 0)
                .map(Command.Result::out)
                .toList();
    }

    /** Their process ids. */
    public List<Long> pids() {
        return ProcessTable.mentioning(node.root() + "/socket/").stream()
                .filter(pid -> ProcessTable.commandLine(pid).contains("--apisock"))
                .toList();
    }

    /** Stops all of them and waits until their mounts are gone. */
    public void stop() {
        for (long pid : pids()) {
            ProcessTable.signal(pid, "TERM");
        }
        Await.until("nydusd ends", () -> pids().isEmpty(), node::tails);
        Await.until("the mounts are gone", () -> mounts().isEmpty(), node::tails);
    }

    /** Mount points of RAFS instances. */
    public List<Path> mounts() {
        return Workspace.mountsBelow(node.root().resolve("snapshots")).stream()
                .filter(point -> point.endsWith("mnt"))
                .toList();
    }
}
