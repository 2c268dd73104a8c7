/** Images of 512-byte blocks whose data are the tar archives themselves. */
@NullMarked
package dev.naiad.builder.tarfs;

import org.jspecify.annotations.NullMarked;
