/** Reads the tree of an existing bootstrap back, to be changed, laid over others, or looked at. */
@NullMarked
package dev.naiad.builder.load;

import org.jspecify.annotations.NullMarked;
