package dev.naiad.backend.registry;

import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.Secret;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.HttpResponse;
import dev.naiad.net.client.RequestBody;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.oci.auth.AccessToken;
import dev.naiad.oci.auth.Challenge;
import dev.naiad.oci.auth.Credential;
import dev.naiad.oci.auth.TokenRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The Authorization of one repository and set of actions: learned from the first 401, renewed ahead
 * of its expiry by the first caller, while the others go on with the old one. Requests for tokens
 * go straight to the realm and never through a proxy of the backend or a mirror. Safe for many
 * threads.
 */
public final class RegistryAuth {
    private static final int MAX_TOKEN_BYTES = 1 << 20;
    private static final Duration TOKEN_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration RENEW_AHEAD = Duration.ofSeconds(20);

    private final HttpClient client;
    private final String clientId;
    private final String scope;
    private final boolean secureOnly;
    private final Ticker ticker;
    private final Supplier<Optional<Credential>> credential;
    private final ReentrantLock renewing = new ReentrantLock();
    private volatile Current current = Current.NOTHING;
    private volatile boolean postOnly;

    /** What is sent now. */
    private record Current(String header, @Nullable Challenge challenge, long renewAt, long end) {
        static final Current NOTHING = new Current("", null, Long.MAX_VALUE, Long.MAX_VALUE);
    }

    /**
     * @param scope asked for, or empty for what the challenge names
     * @param secureOnly refuses to send a password to a realm in clear text
     * @param credential asked whenever a token is fetched
     */
    public RegistryAuth(
            HttpClient client,
            String clientId,
            String scope,
            boolean secureOnly,
            Ticker ticker,
            Supplier<Optional<Credential>> credential) {
        this.client = client;
        this.clientId = clientId;
        this.scope = scope;
        this.secureOnly = secureOnly;
        this.ticker = ticker;
        this.credential = credential;
    }

    /** Begins with this value instead of nothing. */
    public void begin(String header) {
        current = new Current(header, null, Long.MAX_VALUE, Long.MAX_VALUE);
    }

    /** Forgets what was learned, so that changed credentials are used. */
    public void forget() {
        current = Current.NOTHING;
    }

    /** The value of the Authorization header to send now, or empty. */
    public String header(Deadline deadline) {
        Current now = current;
        Challenge challenge = now.challenge();
        if (challenge != null
                && now.renewAt() != Long.MAX_VALUE
                && ticker.nanos() - now.renewAt() >= 0
                && renewing.tryLock()) {
            try {
                if (current.header().equals(now.header())) {
                    current = fetch(challenge, deadline);
                }
            } catch (NaiadException e) {
                if (ticker.nanos() - now.end() >= 0) {
                    throw e;
                }
                // The old token still works for a moment; the next caller tries again.
            } finally {
                renewing.unlock();
            }
        }
        return current.header();
    }

    /**
     * Reacts to a 401.
     *
     * @param used the header that was refused, or empty
     * @return what to send instead
     * @throws NaiadException UNAUTHENTICATED if nothing better is known
     */
    public String challenged(HttpResponse response, String used, Deadline deadline) {
        renewing.lock();
        try {
            if (!current.header().isEmpty() && !current.header().equals(used)) {
                return current.header(); // somebody else has renewed it meanwhile
            }
            List<Challenge> challenges =
                    Challenge.parseAll(response.headers().all("WWW-Authenticate"));
            String what = response.url().display();
            for (Challenge challenge : challenges) {
                if (challenge.isBearer()) {
                    Current fresh = fetch(challenge, deadline);
                    current = fresh;
                    return fresh.header();
                }
                if (challenge.isBasic()) {
                    if (!(credential.get().orElse(null) instanceof Credential.Basic basic)) {
                        throw refused(what, "the registry wants user and password, none are known");
                    }
                    String header = "Basic " + basic.encoded().reveal();
                    if (header.equals(used)) {
                        throw refused(what, "user or password are refused");
                    }
                    current = new Current(header, challenge, Long.MAX_VALUE, Long.MAX_VALUE);
                    return header;
                }
            }
            throw refused(what, "the registry refuses access and says no way to get it");
        } finally {
            renewing.unlock();
        }
    }

    private static NaiadException refused(String what, String why) {
        return new NaiadException(ErrorKind.UNAUTHENTICATED, what + ": 401: " + why);
    }

    private Current fetch(Challenge challenge, Deadline deadline) {
        Optional<Credential> who = credential.get();
        if (who.orElse(null) instanceof Credential.RegistryToken(var token)) {
            return new Current(
                    "Bearer " + token.reveal(), challenge, Long.MAX_VALUE, Long.MAX_VALUE);
        }
        String wanted = scope.isEmpty() ? challenge.parameter("scope") : scope;
        AccessToken token;
        if (who.orElse(null) instanceof Credential.IdentityToken || (postOnly && who.isPresent())) {
            token = send(TokenRequest.post(challenge, wanted, who.get(), clientId), deadline);
        } else {
            token = getOrPost(challenge, wanted, who, deadline);
        }
        long now = ticker.nanos();
        Duration life = token.lifetime();
        Duration ahead =
                RENEW_AHEAD.compareTo(life.dividedBy(4)) < 0 ? RENEW_AHEAD : life.dividedBy(4);
        return new Current(
                "Bearer " + token.token().reveal(),
                challenge,
                now + life.minus(ahead).toNanos(),
                now + life.toNanos());
    }

    private AccessToken getOrPost(
            Challenge challenge, String wanted, Optional<Credential> who, Deadline deadline) {
        try {
            return send(TokenRequest.get(challenge, wanted, who, clientId), deadline);
        } catch (NaiadException e) {
            boolean otherWay =
                    e.kind() == ErrorKind.NOT_FOUND || e.kind() == ErrorKind.INVALID_ARGUMENT;
            if (!otherWay || who.isEmpty()) {
                throw e;
            }
            AccessToken token =
                    send(TokenRequest.post(challenge, wanted, who.get(), clientId), deadline);
            postOnly = true;
            return token;
        }
    }

    private AccessToken send(TokenRequest request, Deadline deadline) {
        HttpUrl url = HttpUrl.parse(request.url());
        boolean secret = !request.authorization().isEmpty() || !request.form().isEmpty();
        if (secret && secureOnly && !url.secure()) {
            throw new NaiadException(
                    ErrorKind.UNAUTHENTICATED,
                    "token server " + url.display() + " would get the password in clear text");
        }
        HttpRequest http = HttpRequest.of(request.method(), url);
        if (!request.authorization().isEmpty()) {
            http = http.with("Authorization", request.authorization().reveal());
        }
        if (!request.form().isEmpty()) {
            http =
                    http.with("Content-Type", "application/x-www-form-urlencoded")
                            .withBody(RequestBody.of(request.form().reveal()));
        }
        Deadline limit = deadline.atMost(TOKEN_TIMEOUT);
        limit.check("token from " + url.display());
        try (var response = client.send(http.withDeadline(limit.remaining()))) {
            if (!response.ok()) {
                NaiadException failure = response.failure();
                // A token server that says 403 or 400 means these credentials.
                throw new NaiadException(failure.kind(), "token from " + failure.what(), failure);
            }
            return AccessToken.parse(url.display(), response.body().readAll(MAX_TOKEN_BYTES));
        }
    }

    /** The base64 of user:password as a credential. */
    public static Supplier<Optional<Credential>> encoded(Supplier<Secret> auth) {
        return () ->
                auth.get().isEmpty()
                        ? Optional.empty()
                        : Optional.of(Credential.ofEncoded(auth.get()));
    }
}
