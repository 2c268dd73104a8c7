package dev.naiad.backend.objectstore;

import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendContract;
import dev.naiad.backend.TestBackends;
import dev.naiad.backend.factory.Backends;
import dev.naiad.backend.store.Content;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.testkit.s3.RealS3;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The reading side against a server that checks signatures. */
class S3BackendTest extends BackendContract {
    private static final List<RealS3> OPEN = new ArrayList<>();

    @BeforeAll
    static void start() {
        var s3 = RealS3.start();
        OPEN.add(s3);
        var backends = Backends.of("test", Map.of(), InstantSource.system());
        try (var store = backends.openWritable(TestBackends.parse("s3", s3.config("blobs/")))) {
            store.put(BLOB, Content.of(CONTENT), n -> {}, Deadline.after(Duration.ofSeconds(60)));
        }
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealS3::close);
        OPEN.clear();
    }

    @Override
    protected Backend open() {
        return TestBackends.open("s3", OPEN.getFirst().config("blobs/"));
    }
}
