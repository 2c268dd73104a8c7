package dev.naiad.backend.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.store.Content;
import dev.naiad.backend.store.WritableBackendContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** OSS as {@link FakeOss} speaks it; there is no real one here. */
class OssStoreTest extends WritableBackendContract {
    private final FakeOss oss = new FakeOss();

    @AfterEach
    void stop() {
        oss.close();
    }

    @Override
    protected BackendConfig config(String prefix) {
        return parse("oss", oss.config(prefix));
    }

    @Test
    void theKeyIsPrefixAndName() {
        // A prefix like the bucket's name is not a bucket.
        try (var store = open(config("images/a b/"))) {
            store.put("x", Content.of(random(10)), n -> {}, soon());
        }
        assertThat(oss.objects).containsOnlyKeys("images/a b/x");
    }
}
