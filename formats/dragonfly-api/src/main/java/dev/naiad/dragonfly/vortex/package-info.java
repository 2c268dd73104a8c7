/** Vortex, the framing in which pieces travel between peers over TCP. */
@NullMarked
package dev.naiad.dragonfly.vortex;

import org.jspecify.annotations.NullMarked;
