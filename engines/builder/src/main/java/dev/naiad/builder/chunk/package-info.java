/**
 * From file bytes to a data blob: chunks are digested and compressed on all cores and written in
 * order.
 */
@NullMarked
package dev.naiad.builder.chunk;

import org.jspecify.annotations.NullMarked;
