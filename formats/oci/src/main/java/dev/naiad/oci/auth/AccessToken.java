package dev.naiad.oci.auth;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.Secret;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.time.Duration;

/**
 * The answer of a token server.
 *
 * @param lifetime from now, since the clocks of both sides may differ
 * @param refreshToken for the next exchange, or empty
 */
public record AccessToken(Secret token, Duration lifetime, Secret refreshToken) {
    /** What the token protocol says when nothing is said. */
    private static final long DEFAULT_SECONDS = 60;

    private static final long MAX_SECONDS = 365L * 24 * 3600;

    /**
     * Reads a token server's answer.
     *
     * @param realm names the server in errors
     */
    public static AccessToken parse(String realm, byte[] json) {
        var problems = new Problems();
        ConfigNode node = JsonReader.parse("token of " + realm, json);
        Secret token = node.get("token").secret(problems);
        if (token.isEmpty()) {
            token = node.get("access_token").secret(problems);
        }
        long seconds = node.get("expires_in").integer(problems, DEFAULT_SECONDS, 0, MAX_SECONDS);
        Secret refresh = node.get("refresh_token").secret(problems);
        problems.throwIfAny();
        if (token.isEmpty()) {
            throw new NaiadException(
                    ErrorKind.UNAUTHENTICATED,
                    "token server " + realm + " answered without a token");
        }
        return new AccessToken(token, Duration.ofSeconds(Math.max(seconds, 1)), refresh);
    }
}
