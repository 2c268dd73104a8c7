package dev.naiad.backend.remote;

import dev.naiad.backend.connection.Attempt;
import dev.naiad.backend.connection.Connection;
import dev.naiad.backend.connection.Reply;
import dev.naiad.net.http.Headers;

/**
 * How a kind of server is asked for a blob: address, authorization, redirects. One call is one
 * attempt.
 */
public interface BlobOrigin {
    /** As in the configuration. */
    String type();

    /** The connection all requests use; the backend closes it. */
    Connection connection();

    /**
     * Asks for a blob.
     *
     * @param method HEAD or GET
     * @param range the Range header, or nothing
     * @return a 2xx answer
     * @throws dev.naiad.base.error.NaiadException for any other, by its status
     */
    Reply ask(String method, String blobId, Headers range, Attempt attempt);

    /** See {@link dev.naiad.backend.Backend#reconfigure}. */
    default boolean reconfigure(String key, String value) {
        return false;
    }
}
