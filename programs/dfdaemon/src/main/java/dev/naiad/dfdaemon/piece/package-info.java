/** How one piece comes into the store: from a parent over Vortex or from the origin. */
@NullMarked
package dev.naiad.dfdaemon.piece;

import org.jspecify.annotations.NullMarked;
