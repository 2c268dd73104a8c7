/** Requests to an origin through proxy and mirrors, with retries and deadlines. */
@NullMarked
package dev.naiad.backend.connection;

import org.jspecify.annotations.NullMarked;
