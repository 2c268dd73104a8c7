/** Keeping a cache directory within its budget. */
@NullMarked
package dev.naiad.blobcache.evict;

import org.jspecify.annotations.NullMarked;
