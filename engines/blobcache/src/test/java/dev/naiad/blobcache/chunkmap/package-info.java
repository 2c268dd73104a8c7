@NullMarked
package dev.naiad.blobcache.chunkmap;

import org.jspecify.annotations.NullMarked;
