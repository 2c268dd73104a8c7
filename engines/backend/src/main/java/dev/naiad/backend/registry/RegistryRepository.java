package dev.naiad.backend.registry;

import dev.naiad.backend.BackendCounters;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.config.ConnectionConfig;
import dev.naiad.backend.connection.Attempt;
import dev.naiad.backend.connection.Connection;
import dev.naiad.backend.remote.RemoteBackend;
import dev.naiad.backend.remote.Retries;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.HttpResponse;
import dev.naiad.net.client.Proxies;
import dev.naiad.net.client.RequestBody;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.oci.auth.Credentials;
import dev.naiad.oci.image.MediaTypes;
import java.io.InputStream;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * One repository of a registry, to read and write images: manifests, blobs, uploads. Requests are
 * repeated as {@link Retries} says; whatever is fetched by digest is verified by its consumer it,
 * manifests are verified here.
 */
public final class RegistryRepository implements AutoCloseable {
    private static final int MAX_MANIFEST_BYTES = 4 << 20;

    private final Settings settings;
    private final Connection connection;
    private final RegistryAuth auth;
    private final Retries retries;
    private final RemoteBackend blobs;

    /**
     * Where and how.
     *
     * @param domain as in references, which is what credentials are filed under
     * @param host that answers
     * @param actions {@code pull} or {@code pull,push}
     */
    public record Settings(
            String scheme,
            String domain,
            String host,
            String path,
            String actions,
            String userAgent,
            Credentials credentials,
            ConnectionConfig connection,
            Proxies proxies) {}

    /** A manifest or index as the registry keeps it. */
    @SuppressWarnings("ArrayRecordComponent") // handed over
    public record Fetched(String mediaType, Digest digest, byte[] bytes) {}

    public RegistryRepository(Settings settings) {
        this.settings = settings;
        var metrics = new BackendCounters("registry");
        this.connection =
                new Connection(
                        "registry-" + settings.domain(),
                        settings.connection(),
                        settings.userAgent(),
                        settings.proxies(),
                        metrics,
                        false);
        this.auth =
                new RegistryAuth(
                        connection.directClient(),
                        settings.userAgent(),
                        "repository:" + settings.path() + ":" + settings.actions(),
                        settings.scheme().equals("https") && !settings.connection().skipVerify(),
                        Ticker.system(),
                        () -> settings.credentials().of(settings.domain()));
        this.retries =
                new Retries(
                        settings.connection().retryLimit(),
                        RandomGenerator.getDefault(),
                        Retries.Pause.REAL,
                        metrics);
        var origin =
                new RegistryOrigin(
                        BackendConfig.Registry.of(
                                settings.scheme(),
                                settings.host(),
                                settings.path(),
                                settings.connection()),
                        connection,
                        auth);
        this.blobs = new RemoteBackend(origin, retries, metrics);
    }

    /** Domain and path. */
    public String name() {
        return settings.domain() + "/" + settings.path();
    }

    String path() {
        return settings.path();
    }

    String domain() {
        return settings.domain();
    }

    /**
     * Fetches a manifest or index.
     *
     * @param key tag or digest
     * @throws NaiadException DATA_LOSS if it is not what its digest says
     */
    public Fetched manifest(String key, Deadline deadline) {
        return run(
                "manifest " + name() + ":" + key,
                deadline,
                attempt -> {
                    var request =
                            HttpRequest.get(url("/manifests/" + key))
                                    .with("Accept", MediaTypes.ACCEPT_MANIFESTS);
                    try (var response = authorized(request, attempt)) {
                        if (!response.ok()) {
                            throw response.failure();
                        }
                        byte[] bytes = response.body().readAll(MAX_MANIFEST_BYTES);
                        return verified(key, response, bytes);
                    }
                });
    }

    private Fetched verified(String key, HttpResponse response, byte[] bytes) {
        Digest digest = Digest.sha256Of(bytes);
        Optional<String> wanted =
                key.startsWith("sha256:")
                        ? Optional.of(key)
                        : response.headers()
                                .first("Docker-Content-Digest")
                                .filter(header -> header.startsWith("sha256:"));
        if (wanted.isPresent() && !wanted.get().equals(digest.toString())) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    "manifest "
                            + name()
                            + ":"
                            + key
                            + ": content has digest "
                            + digest
                            + ", not "
                            + wanted.get());
        }
        String type = response.headers().first("Content-Type").orElse("");
        int semicolon = type.indexOf(';');
        return new Fetched(
                (semicolon < 0 ? type : type.substring(0, semicolon)).strip(), digest, bytes);
    }

    /** Stores a manifest or index under a tag or its digest. */
    public void putManifest(String key, String mediaType, byte[] bytes, Deadline deadline) {
        run(
                "manifest " + name() + ":" + key,
                deadline,
                attempt -> {
                    var request =
                            HttpRequest.of("PUT", url("/manifests/" + key))
                                    .with("Content-Type", mediaType)
                                    .withBody(RequestBody.of(bytes));
                    try (var response = authorized(request, attempt)) {
                        if (!response.ok()) {
                            throw response.failure();
                        }
                        return true;
                    }
                });
    }

    /** Whether the repository has that blob. */
    public boolean hasBlob(Digest digest, Deadline deadline) {
        return run(
                "blob " + digest,
                deadline,
                attempt -> {
                    var request = HttpRequest.head(url("/blobs/" + digest));
                    try (var response = authorized(request, attempt)) {
                        if (response.ok() || response.redirect()) {
                            return true;
                        }
                        if (response.status() == 404) {
                            return false;
                        }
                        throw response.failure();
                    }
                });
    }

    /** A blob as a stream that survives broken connections; the reader checks the digest. */
    public InputStream blob(Digest digest, Deadline deadline) {
        return blobs.stream(digest.hex(), 0, ReadPriority.USER, deadline);
    }

    /** The blob store, for ranged reads. */
    public RemoteBackend blobs() {
        return blobs;
    }

    /** Stores a small blob unless it is there. */
    public void putBlob(Digest digest, byte[] bytes, Deadline deadline) {
        if (hasBlob(digest, deadline)) {
            return;
        }
        run(
                "blob " + digest,
                deadline,
                attempt -> {
                    HttpUrl location = begin("", attempt).orElseThrow();
                    var request =
                            HttpRequest.of("PUT", withDigest(location, digest))
                                    .with("Content-Type", "application/octet-stream")
                                    .withBody(RequestBody.of(bytes));
                    try (var response = authorized(request, attempt)) {
                        if (response.status() != 201) {
                            throw response.failure();
                        }
                        return true;
                    }
                });
    }

    /**
     * Takes a blob over from another repository of the same registry; false if the registry does
     * not want to.
     */
    public boolean mount(Digest digest, RegistryRepository from, Deadline deadline) {
        if (!from.domain().equals(domain())) {
            return false;
        }
        return run(
                "blob " + digest,
                deadline,
                attempt -> {
                    Optional<HttpUrl> upload =
                            begin("?mount=" + digest + "&from=" + from.path(), attempt);
                    upload.ifPresent(location -> cancel(location, attempt));
                    return upload.isEmpty();
                });
    }

    /** Begins an upload of unknown length. */
    public BlobUpload upload(Deadline deadline) {
        HttpUrl location =
                run("upload to " + name(), deadline, attempt -> begin("", attempt).orElseThrow());
        return new BlobUpload(this, location, deadline);
    }

    /** Begins an upload; empty if the registry has the blob now (201 to a mount). */
    private Optional<HttpUrl> begin(String query, Attempt attempt) {
        var request = HttpRequest.of("POST", url("/blobs/uploads/" + query));
        try (var response = authorized(request, attempt)) {
            if (response.status() == 201 && !query.isEmpty()) {
                return Optional.empty();
            }
            if (response.status() != 202) {
                throw response.failure();
            }
            return Optional.of(location(response));
        }
    }

    /** Where an upload goes on. */
    HttpUrl location(HttpResponse response) {
        String location = response.headers().first("Location").orElse("");
        if (location.isEmpty()) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, response.url().display() + ": answer has no Location");
        }
        return response.url().resolve(location);
    }

    void cancel(HttpUrl location, Attempt attempt) {
        try (var response = authorized(HttpRequest.of("DELETE", location), attempt)) {
            response.body().skipUpTo(1 << 16);
        } catch (NaiadException e) {
            // The registry removes uploads that nobody ends.
        }
    }

    static HttpUrl withDigest(HttpUrl location, Digest digest) {
        return location.withQuery("digest=" + digest.toString().replace(":", "%3A"));
    }

    <T> T run(String what, Deadline deadline, Retries.Action<T> action) {
        return retries.run(what, ReadPriority.USER, deadline, action);
    }

    /** Sends with the current authorization; a 401 is answered once. */
    HttpResponse authorized(HttpRequest request, Attempt attempt) {
        // An upload may continue on another host, which must not see our token.
        boolean ours = request.url().sameOrigin(url(""));
        String used = ours ? auth.header(attempt.deadline()) : "";
        HttpResponse response = connection.callOrigin(with(request, used), attempt).response();
        if (response.status() != 401 || !ours) {
            return response;
        }
        String better;
        try (response) {
            better = auth.challenged(response, used, attempt.deadline());
        }
        return connection.callOrigin(with(request, better), attempt).response();
    }

    private static HttpRequest with(HttpRequest request, String authorization) {
        return authorization.isEmpty() ? request : request.with("Authorization", authorization);
    }

    private HttpUrl url(String rest) {
        return HttpUrl.of(settings.scheme(), settings.host(), "/v2/" + settings.path() + rest);
    }

    @Override
    public void close() {
        connection.close();
    }
}
