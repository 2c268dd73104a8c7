/**
 * The one fetch engine of a daemon: chunks of blobs come in once, are checked, and stay on disk in
 * the original's files.
 *
 * <p>{@link dev.naiad.blobcache.BlobCache} (one a daemon) has the threads, the byte budget and the
 * single flight; {@link dev.naiad.blobcache.MountCache} (one a mount) has the configuration, the
 * counters and the prefetch; {@link dev.naiad.blobcache.CachedBlob} is a mount's handle on one
 * blob. docs/formats/blobcache.md
 */
@NullMarked
package dev.naiad.blobcache;

import org.jspecify.annotations.NullMarked;
