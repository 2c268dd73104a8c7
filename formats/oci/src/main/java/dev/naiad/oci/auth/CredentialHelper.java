package dev.naiad.oci.auth;

import java.util.Optional;

/** A program that keeps credentials. */
@FunctionalInterface
public interface CredentialHelper {
    /**
     * Asks for what is kept for a server.
     *
     * @param name the word behind {@code docker-credential-}
     * @param server the key it is asked for
     * @return empty if it has none for that server
     */
    Optional<Credential> get(String name, String server);
}
