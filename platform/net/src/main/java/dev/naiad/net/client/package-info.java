/** A blocking HTTP/1.1 client for virtual threads: pool, TLS, proxies, unix sockets. */
@NullMarked
package dev.naiad.net.client;

import org.jspecify.annotations.NullMarked;
