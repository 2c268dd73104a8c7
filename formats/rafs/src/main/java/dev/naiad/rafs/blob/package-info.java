/**
 * What a data blob says about itself: chunk information arrays, digests, table of contents,
 * headers. docs/formats/blob.md.
 */
@NullMarked
package dev.naiad.rafs.blob;

import org.jspecify.annotations.NullMarked;
