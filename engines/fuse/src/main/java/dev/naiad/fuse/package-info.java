/**
 * A FUSE server straight on {@code /dev/fuse}: the kernel's protocol without libfuse. {@link
 * FuseConnection} mounts, {@link FuseServer} runs the threads, {@link FuseFileSystem} is what a
 * user writes. Nothing here knows what is being served.
 */
@NullMarked
package dev.naiad.fuse;

import org.jspecify.annotations.NullMarked;
