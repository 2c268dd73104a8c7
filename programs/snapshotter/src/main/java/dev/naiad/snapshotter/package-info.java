/** containerd-nydus-grpc: containerd's snapshotter for lazily loaded images. */
@NullMarked
package dev.naiad.snapshotter;

import org.jspecify.annotations.NullMarked;
