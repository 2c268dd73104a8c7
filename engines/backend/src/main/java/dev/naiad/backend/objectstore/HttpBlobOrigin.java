package dev.naiad.backend.objectstore;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.connection.Attempt;
import dev.naiad.backend.connection.Connection;
import dev.naiad.backend.connection.Reply;
import dev.naiad.backend.remote.BlobOrigin;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.wire.Endpoint;
import java.nio.file.Path;

/** Blobs of a plain HTTP server, or of one that listens on a unix socket. */
public final class HttpBlobOrigin implements BlobOrigin {
    private final BackendConfig.Http config;
    private final Connection connection;

    public HttpBlobOrigin(BackendConfig.Http config, Connection connection) {
        this.config = config;
        this.connection = connection;
    }

    @Override
    public String type() {
        return "http-proxy";
    }

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public Reply ask(String method, String blobId, Headers range, Attempt attempt) {
        HttpRequest request = request(method, blobId).withHeaders(range);
        Reply reply = connection.call(request, attempt);
        if (!reply.response().ok()) {
            try (var failed = reply) {
                throw failed.response().failure();
            }
        }
        return reply;
    }

    private HttpRequest request(String method, String blobId) {
        String path =
                "/" + trim(config.path()) + (trim(config.path()).isEmpty() ? "" : "/") + blobId;
        if (config.addr().startsWith("/")) {
            // The original asks for "/" whatever the blob; a server that cares gets the whole path
            // here.
            return HttpRequest.of(method, HttpUrl.parse("http://localhost" + path))
                    .over(Endpoint.unix(Path.of(config.addr())));
        }
        HttpUrl base = HttpUrl.parse(config.addr());
        String prefix = trim(base.path());
        return HttpRequest.of(
                method, base.withTarget((prefix.isEmpty() ? "" : "/" + prefix) + path));
    }

    private static String trim(String path) {
        return path.replaceAll("^/+|/+$", "");
    }
}
