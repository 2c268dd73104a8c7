package dev.naiad.backend.objectstore;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.connection.Attempt;
import dev.naiad.backend.connection.Connection;
import dev.naiad.backend.connection.Reply;
import dev.naiad.backend.remote.BlobOrigin;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.Headers;
import java.time.InstantSource;

/** Blobs of an S3 or OSS bucket. */
public final class ObjectStoreOrigin implements BlobOrigin {
    private final BackendConfig.ObjectStore config;
    private final Connection connection;
    private final Bucket bucket;

    public ObjectStoreOrigin(
            BackendConfig.ObjectStore config, Connection connection, InstantSource clock) {
        this.config = config;
        this.connection = connection;
        this.bucket = new Bucket(config, clock);
    }

    @Override
    public String type() {
        return config.type();
    }

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public Reply ask(String method, String blobId, Headers range, Attempt attempt) {
        HttpRequest request =
                bucket.sign(HttpRequest.of(method, bucket.object(blobId)).withHeaders(range));
        Reply reply = connection.call(request, attempt);
        if (!reply.response().ok()) {
            try (var failed = reply) {
                throw failed.response().failure();
            }
        }
        return reply;
    }
}
