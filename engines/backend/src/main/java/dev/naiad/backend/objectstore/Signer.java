package dev.naiad.backend.objectstore;

import dev.naiad.net.client.HttpRequest;

/** Adds what an object store wants to see as proof of the caller. */
interface Signer {
    /** The request with its signature; unchanged if there are no keys. */
    HttpRequest sign(HttpRequest request);
}
