package dev.naiad.nydusd.conformance;

import dev.naiad.testkit.Requires;
import dev.naiad.testkit.ShortTempDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A directory for each test, with a mountpoint in it: whatever a test or a killed daemon leaves
 * mounted there is taken away with it. Where nothing can be mounted the test is skipped.
 */
final class MountDirectory implements BeforeEachCallback, AfterEachCallback {
    private @Nullable ShortTempDir temp;

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        Requires.mounts();
        Requires.fuse();
        temp = ShortTempDir.create();
        Files.createDirectory(mountpoint());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (temp != null) {
            temp.close();
        }
    }

    Path path() {
        if (temp == null) {
            throw new IllegalStateException("outside a test");
        }
        return temp.path();
    }

    Path resolve(String name) {
        return path().resolve(name);
    }

    Path mountpoint() {
        return resolve("mnt");
    }

    /** nydusd in this process, with the image at the mountpoint. */
    RunningDaemon serve(TestImage image, boolean prefetch) throws IOException {
        var config = resolve("config.json");
        Files.writeString(config, image.config(resolve("cache"), prefetch));
        return RunningDaemon.start(
                resolve("api.sock"),
                "fuse",
                "--config",
                config.toString(),
                "--bootstrap",
                image.bootstrap().toString(),
                "--mountpoint",
                mountpoint().toString());
    }
}
