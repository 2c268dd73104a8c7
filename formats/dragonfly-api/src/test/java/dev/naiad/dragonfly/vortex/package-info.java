@NullMarked
package dev.naiad.dragonfly.vortex;

import org.jspecify.annotations.NullMarked;
