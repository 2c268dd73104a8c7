/**
 * RAFS v5 bootstraps on disk: one class per structure, and the reader over them.
 * docs/formats/rafs-v5.md.
 */
@NullMarked
package dev.naiad.rafs.v5;

import org.jspecify.annotations.NullMarked;
