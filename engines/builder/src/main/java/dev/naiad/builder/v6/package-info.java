/** Lays a tree out as a RAFS v6 bootstrap. */
@NullMarked
package dev.naiad.builder.v6;

import org.jspecify.annotations.NullMarked;
