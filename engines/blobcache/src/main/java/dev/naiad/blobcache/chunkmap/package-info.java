/** Which chunks of a blob are in the local cache. */
@NullMarked
package dev.naiad.blobcache.chunkmap;

import org.jspecify.annotations.NullMarked;
