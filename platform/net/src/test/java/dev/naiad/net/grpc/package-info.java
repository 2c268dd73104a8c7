@NullMarked
package dev.naiad.net.grpc;

import org.jspecify.annotations.NullMarked;
