package dev.naiad.backend.objectstore;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.connection.Connection;
import dev.naiad.backend.remote.Retries;
import dev.naiad.backend.store.Content;
import dev.naiad.backend.store.WritableBackend;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.time.InstantSource;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/** Puts blobs into a bucket of S3 or OSS: small ones at once, others in parts. */
public final class ObjectStoreWriter implements WritableBackend {
    private final BackendConfig.ObjectStore config;
    private final Connection connection;
    private final Bucket bucket;
    private final ObjectRequests requests;
    private final long partBytes;

    public ObjectStoreWriter(
            BackendConfig.ObjectStore config,
            Connection connection,
            Retries retries,
            InstantSource clock) {
        this(config, connection, retries, clock, MultipartUpload.PART_BYTES);
    }

    ObjectStoreWriter(
            BackendConfig.ObjectStore config,
            Connection connection,
            Retries retries,
            InstantSource clock,
            long partBytes) {
        this.config = config;
        this.connection = connection;
        this.bucket = new Bucket(config, clock);
        this.requests = new ObjectRequests(bucket, connection, retries);
        this.partBytes = partBytes;
    }

    @Override
    public String type() {
        return config.type();
    }

    @Override
    public String locationOf(String name) {
        return bucket.object(name).display();
    }

    @Override
    public OptionalLong size(String name, Deadline deadline) {
        return requests.size(name, deadline);
    }

    @Override
    public void put(String name, Content content, LongConsumer progress, Deadline deadline) {
        if (content.size() <= partBytes) {
            requests.put(name, content, deadline);
            progress.accept(content.size());
            return;
        }
        new MultipartUpload(requests, name, content, partBytes, progress).run(deadline);
        OptionalLong stored = requests.size(name, deadline);
        if (stored.isEmpty() || stored.getAsLong() != content.size()) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    requests.describe(name)
                            + ": has "
                            + stored
                            + " bytes after its upload, not "
                            + content.size());
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
