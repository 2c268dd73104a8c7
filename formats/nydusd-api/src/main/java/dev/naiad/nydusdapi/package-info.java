/**
 * The HTTP contract of nydusd on its unix socket: routes, JSON bodies as records, and a client.
 * What crosses the wire is described in docs/protocols/nydusd-api.md; the server side is {@code
 * dev.naiad.nydusd.api}.
 */
@NullMarked
package dev.naiad.nydusdapi;

import org.jspecify.annotations.NullMarked;
