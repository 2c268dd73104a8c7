@NullMarked
package dev.naiad.blobcache.prefetch;

import org.jspecify.annotations.NullMarked;
