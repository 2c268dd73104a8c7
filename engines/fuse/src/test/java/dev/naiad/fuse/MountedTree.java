package dev.naiad.fuse;

import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A tree really mounted, for tests that run as root. */
final class MountedTree implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    final Path root;
    final FuseServer server;
    final FuseConnection connection;
    final CountDownLatch ended = new CountDownLatch(1);

    private MountedTree(Path root, FuseConnection connection, FuseServer server) {
        this.root = root;
        this.connection = connection;
        this.server = server;
    }

    static MountedTree of(FuseFileSystem tree, boolean noOpen) throws Exception {
        Requires.mounts();
        Requires.fuse();
        var root = Files.createTempDirectory(Path.of("/tmp"), "nd");
        var connection = FuseConnection.mount("naiadtest", root);
        var holder = new MountedTree[1];
        var server =
                new FuseServer(
                        connection,
                        tree,
                        new FuseOptions(3, noOpen, 1 << 20),
                        Optional.empty(),
                        InstantSource.system(),
                        () -> holder[0].ended.countDown());
        var mounted = new MountedTree(root, connection, server);
        holder[0] = mounted;
        server.start();
        server.awaitInit(PATIENCE);
        return mounted;
    }

    boolean awaitEnd() throws InterruptedException {
        return ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void close() throws IOException {
        server.stop();
        connection.unmount();
        server.close();
        connection.close();
        Files.delete(root);
    }
}
