/** Reads tar archives of every dialect as a stream. */
@NullMarked
package dev.naiad.builder.tar;

import org.jspecify.annotations.NullMarked;
