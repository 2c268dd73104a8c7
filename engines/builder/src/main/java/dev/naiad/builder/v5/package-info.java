/** Lays a tree out as a RAFS v5 bootstrap. */
@NullMarked
package dev.naiad.builder.v5;

import org.jspecify.annotations.NullMarked;
