package dev.naiad.backend.objectstore;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.connection.Attempt;
import dev.naiad.backend.connection.Connection;
import dev.naiad.backend.connection.Reply;
import dev.naiad.backend.remote.BlobOrigin;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpUrl;
import java.time.InstantSource;

/** Blobs of an S3 bucket (path style) or an OSS bucket (host style). */
public final class ObjectStoreOrigin implements BlobOrigin {
    private final BackendConfig.ObjectStore config;
    private final Connection connection;
    private final Signer signer;

    public ObjectStoreOrigin(
            BackendConfig.ObjectStore config, Connection connection, InstantSource clock) {
        this.config = config;
        this.connection = connection;
        this.signer =
                switch (config.kind()) {
                    case S3 ->
                            new S3Signer(
                                    config.accessKeyId(),
                                    config.accessKeySecret(),
                                    config.region(),
                                    clock);
                    case OSS ->
                            new OssSigner(
                                    config.accessKeyId(),
                                    config.accessKeySecret(),
                                    config.bucketName(),
                                    clock);
                };
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
        String key = "/" + config.objectPrefix() + blobId;
        HttpUrl url =
                switch (config.kind()) {
                    case S3 ->
                            HttpUrl.of(
                                    config.scheme(),
                                    config.endpoint(),
                                    "/" + config.bucketName() + key);
                    case OSS ->
                            HttpUrl.of(
                                    config.scheme(),
                                    config.bucketName() + "." + config.endpoint(),
                                    key);
                };
        HttpRequest request = signer.sign(HttpRequest.of(method, url).withHeaders(range));
        Reply reply = connection.call(request, attempt);
        if (!reply.response().ok()) {
            try (var failed = reply) {
                throw failed.response().failure();
            }
        }
        return reply;
    }
}
