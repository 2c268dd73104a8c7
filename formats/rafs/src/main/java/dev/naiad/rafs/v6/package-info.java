/**
 * RAFS v6 (EROFS) bootstraps on disk: one class per structure, and the reader over them.
 * docs/formats/rafs-v6.md.
 */
@NullMarked
package dev.naiad.rafs.v6;

import org.jspecify.annotations.NullMarked;
