/** {@code nydusify check}: the rules an image must keep. */
@NullMarked
package dev.naiad.convert.check;

import org.jspecify.annotations.NullMarked;
