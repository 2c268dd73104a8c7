/** The piece server of this host. */
@NullMarked
package dev.naiad.dfdaemon.vortex;

import org.jspecify.annotations.NullMarked;
