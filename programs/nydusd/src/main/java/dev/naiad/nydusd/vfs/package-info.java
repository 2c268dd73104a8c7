/**
 * The tree the kernel sees: pseudo directories that lead to mounted filesystems, up to 255 in one
 * FUSE mount. Node numbers carry the filesystem's index in their highest byte.
 */
@NullMarked
package dev.naiad.nydusd.vfs;

import org.jspecify.annotations.NullMarked;
