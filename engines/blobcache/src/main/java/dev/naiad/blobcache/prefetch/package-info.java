/** What is loaded ahead of the readers, and how fast. */
@NullMarked
package dev.naiad.blobcache.prefetch;

import org.jspecify.annotations.NullMarked;
