/** {@code naiad layer}: the layer converter on the command line. */
@NullMarked
package dev.naiad.nydusimage.layer;

import org.jspecify.annotations.NullMarked;
