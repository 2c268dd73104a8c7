@NullMarked
package dev.naiad.dfdaemon.swarm;

import org.jspecify.annotations.NullMarked;
