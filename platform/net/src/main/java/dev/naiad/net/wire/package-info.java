/** Byte connections over TCP, TLS and unix sockets, with deadlines that end any blocked call. */
@NullMarked
package dev.naiad.net.wire;

import org.jspecify.annotations.NullMarked;
