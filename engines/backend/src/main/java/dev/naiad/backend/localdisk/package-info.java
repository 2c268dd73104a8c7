/** Blobs in the partitions of a disk. */
@NullMarked
package dev.naiad.backend.localdisk;

import org.jspecify.annotations.NullMarked;
