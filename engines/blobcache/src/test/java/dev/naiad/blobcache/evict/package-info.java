@NullMarked
package dev.naiad.blobcache.evict;

import org.jspecify.annotations.NullMarked;
