/**
 * The one fetch engine of a daemon: chunks of blobs come in once, are checked, and stay on disk in
 * the original's files.
 *
 * <p>{@link dev.naiad.blobcache.BlobCache} (one a daemon) has the threads, the byte budget and the
 * single flight; {@link dev.naiad.blobcache.MountCache} (one a mount) has the configuration, the
 * counters and the prefetch; {@link dev.naiad.blobcache.CachedBlob} is a mount's handle on one
 * blob. docs/formats/blobcache.md
 *
 * <p>Classes know those further down only; {@code ArchitectureTest} holds it:
 *
 * <ol>
 *   <li>the way in: {@code BlobCache}, {@code MountCache}, {@code SharedBlobs}
 *   <li>threads and the queue of what is loaded ahead: {@code Workers}, {@code PrefetchTask}
 *   <li>fetching: {@code ChunkFetcher} carries out a {@code FetchJob}, with {@code BlobMetaFile}
 *       for chunk tables
 *   <li>who waits for what: {@code Flights}, over {@code FlightTable}, {@code Flight} and {@code
 *       PendingRead}
 *   <li>what to fetch: {@code JobPlanner} makes a {@code FetchJob} of a flight and its neighbours
 *   <li>a blob: {@code CachedBlob} and {@code ChunkSlice} for one mount, with its {@code
 *       MountAccount}; {@code SharedBlob} for all of them; {@code RecordCheck}
 *   <li>decoding and checking: {@code decode}
 *   <li>the files: {@code disk}, {@code chunkmap}
 * </ol>
 */
@NullMarked
package dev.naiad.blobcache;

import org.jspecify.annotations.NullMarked;
