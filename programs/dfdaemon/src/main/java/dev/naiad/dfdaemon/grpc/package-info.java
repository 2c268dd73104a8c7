/** The gRPC services of dfdaemon: for other hosts, and for tools on this one. */
@NullMarked
package dev.naiad.dfdaemon.grpc;

import org.jspecify.annotations.NullMarked;
