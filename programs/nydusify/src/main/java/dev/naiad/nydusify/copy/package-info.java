/** {@code nydusify copy}: images move as they are. */
@NullMarked
package dev.naiad.nydusify.copy;

import org.jspecify.annotations.NullMarked;
