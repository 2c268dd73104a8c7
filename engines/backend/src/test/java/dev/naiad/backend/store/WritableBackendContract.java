package dev.naiad.backend.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.TestBackends;
import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.factory.Backends;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.net.client.Proxies;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is put can be read by the backend of the same configuration. */
@Timeout(180)
public abstract class WritableBackendContract {
    private static final String NAME = "ab".repeat(32);

    @TempDir protected Path dir = Path.of("/");

    /** The section of the configuration, for objects with that prefix. */
    protected abstract BackendConfig config(String prefix) throws Exception;

    /** More than what is sent in one request. */
    protected int largeBytes() {
        return 40_000_003;
    }

    protected static WritableBackend open(BackendConfig config) {
        return backends().openWritable(config);
    }

    protected static Backends backends() {
        return new Backends(
                "nydusify",
                Proxies.NONE,
                InstantSource.system(),
                Ticker.system(),
                new Random(1),
                duration -> {});
    }

    protected static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    protected static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(2));
    }

    private static byte[] read(BackendConfig config, String name) throws IOException {
        try (var backend = backends().open(config);
                InputStream in = backend.stream(name, 0, ReadPriority.USER, soon())) {
            return in.readAllBytes();
        }
    }

    @Test
    void whatIsPutIsReadBack() throws Exception {
        BackendConfig config = config("");
        byte[] small = random(4097);
        var progress = new AtomicLong();
        try (var store = open(config)) {
            assertThat(store.size(NAME, soon())).isEmpty();
            store.put(NAME, Content.of(small), progress::addAndGet, soon());
            assertThat(store.size(NAME, soon())).hasValue(small.length);
        }
        assertThat(progress.get()).isEqualTo(small.length);
        assertThat(read(config, NAME)).isEqualTo(small);
    }

    @Test
    void aLargeFileIsPutInPartsAndReadBack() throws Exception {
        BackendConfig config = config("");
        byte[] large = random(largeBytes());
        Path file = Files.write(dir.resolve("content"), large);
        var progress = new AtomicLong();
        try (var store = open(config)) {
            store.put(NAME, Content.of(file), progress::addAndGet, soon());
            assertThat(store.size(NAME, soon())).hasValue(large.length);
        }
        assertThat(progress.get()).isEqualTo(large.length);
        assertThat(read(config, NAME)).isEqualTo(large);
    }

    @Test
    void anObjectIsReplacedByAnotherOfItsName() throws Exception {
        BackendConfig config = config("");
        try (var store = open(config)) {
            store.put(NAME, Content.of(random(100)), n -> {}, soon());
            store.put(NAME, Content.of(random(77)), n -> {}, soon());
        }
        assertThat(read(config, NAME)).isEqualTo(random(77));
    }

    @Test
    void aFailureNamesTheObject() throws Exception {
        try (var store = open(config(""))) {
            var broken =
                    new Content() {
                        @Override
                        public long size() {
                            return 10;
                        }

                        @Override
                        public InputStream open(long offset) throws IOException {
                            throw new IOException("disk on fire");
                        }
                    };
            assertThatThrownBy(() -> store.put(NAME, broken, n -> {}, soon()))
                    .isInstanceOf(NaiadException.class)
                    .hasMessageContaining(NAME)
                    .hasMessageContaining("disk on fire");
            assertThat(store.size(NAME, soon())).isEmpty();
        }
    }

    protected static BackendConfig parse(String type, String json) {
        return TestBackends.parse(type, json);
    }
}
