package dev.naiad.backend.objectstore;

import dev.naiad.base.bytes.Digest;
import dev.naiad.net.client.HttpRequest;

/** Adds what proves who asks. */
interface Signer {
    /** SHA-256 of nothing. */
    String EMPTY_BODY = Digest.sha256Of(new byte[0]).hex();

    /** Signs a request without a body. */
    default HttpRequest sign(HttpRequest request) {
        return sign(request, EMPTY_BODY);
    }

    /**
     * Signs.
     *
     * @param bodySha256 of the body, in hexadecimal digits
     */
    HttpRequest sign(HttpRequest request, String bodySha256);
}
