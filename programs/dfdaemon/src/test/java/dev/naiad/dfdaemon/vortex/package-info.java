@NullMarked
package dev.naiad.dfdaemon.vortex;

import org.jspecify.annotations.NullMarked;
