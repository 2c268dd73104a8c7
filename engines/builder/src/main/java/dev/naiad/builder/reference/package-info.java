/**
 * Layers whose data stays where it is: where each chunk is found in the original layer.
 * docs/formats/blob.md#references
 */
@NullMarked
package dev.naiad.builder.reference;

import org.jspecify.annotations.NullMarked;
