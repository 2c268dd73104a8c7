/** {@code nydusify check}: the rules an image must keep. */
@NullMarked
package dev.naiad.nydusify.check;

import org.jspecify.annotations.NullMarked;
