/** gRPC over Netty epoll on TCP and unix sockets, and the status mapping. */
@NullMarked
package dev.naiad.net.grpc;

import org.jspecify.annotations.NullMarked;
