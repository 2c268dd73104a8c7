/** Blobs in local directories. */
@NullMarked
package dev.naiad.backend.localfs;

import org.jspecify.annotations.NullMarked;
