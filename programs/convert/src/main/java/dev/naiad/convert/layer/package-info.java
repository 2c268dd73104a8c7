/** {@code naiad layer}: the layer converter on the command line. */
@NullMarked
package dev.naiad.convert.layer;

import org.jspecify.annotations.NullMarked;
