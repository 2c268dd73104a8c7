/** From bytes as they are stored to checked chunks, in a worker's own buffers. */
@NullMarked
package dev.naiad.blobcache.decode;

import org.jspecify.annotations.NullMarked;
