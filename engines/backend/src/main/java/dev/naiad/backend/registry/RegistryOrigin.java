package dev.naiad.backend.registry;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.connection.Attempt;
import dev.naiad.backend.connection.Connection;
import dev.naiad.backend.connection.Reply;
import dev.naiad.backend.remote.BlobOrigin;
import dev.naiad.backend.remote.Retries;
import dev.naiad.base.config.Secret;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.HttpResponse;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.oci.auth.Credential;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Blobs of one repository. A mirror's answer is taken as the registry's: a 401 leads to a token,
 * fetched from the realm itself, and the request is repeated once on the same way. Redirects are
 * followed without Authorization, and the target is remembered per blob for requests that would go
 * to the registry itself.
 */
public final class RegistryOrigin implements BlobOrigin {
    private static final String CLIENT_ID = "nydus-registry-client";
    private static final int MAX_REDIRECTS = 5;

    private final BackendConfig.Registry config;
    private final Connection connection;
    private final AtomicReference<Secret> auth;
    private final RegistryAuth registryAuth;
    private final RedirectCache redirects = new RedirectCache();

    public RegistryOrigin(BackendConfig.Registry config, Connection connection, Ticker ticker) {
        this.config = config;
        this.connection = connection;
        this.auth = new AtomicReference<>(config.auth());
        this.registryAuth =
                new RegistryAuth(
                        connection.directClient(),
                        CLIENT_ID,
                        "",
                        config.scheme().equals("https") && !config.connection().skipVerify(),
                        ticker,
                        RegistryAuth.encoded(auth::get));
        if (!config.registryToken().isEmpty()) {
            registryAuth.begin("Bearer " + config.registryToken().reveal());
        }
    }

    /** Shares an authorization with other requests to the repository. */
    RegistryOrigin(BackendConfig.Registry config, Connection connection, RegistryAuth shared) {
        this.config = config;
        this.connection = connection;
        this.auth = new AtomicReference<>(config.auth());
        this.registryAuth = shared;
    }

    @Override
    public String type() {
        return "registry";
    }

    @Override
    public Connection connection() {
        return connection;
    }

    @Override
    public boolean reconfigure(String key, String value) {
        if (!key.equals("registry_auth")) {
            return false;
        }
        Secret changed = Secret.of(value);
        Credential.ofEncoded(changed);
        auth.set(changed);
        registryAuth.forget();
        return true;
    }

    @Override
    public Reply ask(String method, String blobId, Headers range, Attempt attempt) {
        HttpUrl url =
                HttpUrl.of(
                        config.scheme(),
                        config.host(),
                        "/v2/" + config.repo() + "/blobs/sha256:" + blobId);
        HttpRequest request = HttpRequest.of(method, url).withHeaders(range);
        Optional<Reply> front = authorized(request, attempt, r -> connection.callFront(r, attempt));
        if (front.isPresent()) {
            return arriveFromFront(front.get(), method, blobId, range, attempt);
        }
        Optional<HttpUrl> known = redirects.get(blobId);
        if (known.isPresent()) {
            Reply reply =
                    connection.callOrigin(
                            HttpRequest.of(method, known.get()).withHeaders(range), attempt);
            int status = reply.response().status();
            if (status / 100 == 2) {
                return reply;
            }
            reply.close();
            redirects.remove(blobId, known.get()); // expired, or moved: ask the registry again
        }
        Reply reply =
                authorized(request, attempt, r -> Optional.of(connection.callOrigin(r, attempt)))
                        .orElseThrow();
        return arrive(reply, method, blobId, range, attempt, true);
    }

    /** A way to send a request. */
    private interface Way {
        Optional<Reply> send(HttpRequest request);
    }

    private Optional<Reply> authorized(HttpRequest request, Attempt attempt, Way way) {
        String used = registryAuth.header(attempt.deadline());
        Optional<Reply> reply = way.send(with(request, used));
        if (reply.isEmpty() || reply.get().response().status() != 401) {
            return reply;
        }
        String better;
        try (var refused = reply.get()) {
            better = registryAuth.challenged(refused.response(), used, attempt.deadline());
        }
        return way.send(with(request, better));
    }

    private static HttpRequest with(HttpRequest request, String authorization) {
        return authorization.isEmpty() ? request : request.with("Authorization", authorization);
    }

    /** A mirror whose redirects lead nowhere failed: the next attempt asks another server. */
    private Reply arriveFromFront(
            Reply first, String method, String blobId, Headers range, Attempt attempt) {
        var mirror = first.mirror();
        if (mirror.isEmpty() || !first.response().redirect()) {
            return arrive(first, method, blobId, range, attempt, false);
        }
        try {
            return arrive(first, method, blobId, range, attempt, false);
        } catch (NaiadException e) {
            if (e.kind() == ErrorKind.CANCELLED) {
                throw e;
            }
            connection.brokeOff(mirror.get(), e.what(), attempt.suspects());
            throw new Retries.MirrorFailure(mirror.get(), e);
        }
    }

    /** Follows redirects of a registry's answer. */
    private Reply arrive(
            Reply first,
            String method,
            String blobId,
            Headers range,
            Attempt attempt,
            boolean keep) {
        Reply reply = first;
        for (int hops = 0; reply.response().redirect(); hops++) {
            HttpUrl target;
            try (var moved = reply) {
                target = target(moved.response(), hops);
            }
            reply =
                    connection.callOrigin(
                            HttpRequest.of(method, target).withHeaders(range), attempt);
            if (keep && reply.response().ok()) {
                redirects.put(blobId, target);
            }
        }
        if (!reply.response().ok()) {
            try (var failed = reply) {
                throw failure(blobId, failed.response());
            }
        }
        return reply;
    }

    private HttpUrl target(HttpResponse response, int hops) {
        String location = response.headers().first("Location").orElse("");
        if (location.isEmpty() || hops == MAX_REDIRECTS) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    response.url().display()
                            + (location.isEmpty()
                                    ? ": redirect without Location"
                                    : ": more than " + MAX_REDIRECTS + " redirects"));
        }
        HttpUrl target = response.url().resolve(location);
        if (!config.blobUrlScheme().isEmpty()) {
            target =
                    new HttpUrl(
                            config.blobUrlScheme(), target.host(), target.port(), target.target());
        }
        if (!config.blobRedirectedHost().isEmpty()) {
            target = HttpUrl.of(target.scheme(), config.blobRedirectedHost(), target.target());
        }
        return target;
    }

    private static NaiadException failure(String blobId, HttpResponse response) {
        NaiadException failure = response.failure();
        String who = response.headers().first("X-Dragonfly-Error-Type").orElse("");
        String by = who.isEmpty() ? "" : " (answered by the Dragonfly " + who + ")";
        return new NaiadException(
                failure.kind(), "blob " + blobId + ": " + failure.what() + by, failure);
    }
}
