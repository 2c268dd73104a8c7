/** {@code nydusify convert} as a command. */
@NullMarked
package dev.naiad.nydusify.convert;

import org.jspecify.annotations.NullMarked;
