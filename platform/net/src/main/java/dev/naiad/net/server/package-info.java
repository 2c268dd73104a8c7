/** A small HTTP/1.1 server: one virtual thread per connection, TCP and unix sockets. */
@NullMarked
package dev.naiad.net.server;

import org.jspecify.annotations.NullMarked;
