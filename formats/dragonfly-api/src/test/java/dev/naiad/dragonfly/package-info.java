@NullMarked
package dev.naiad.dragonfly;

import org.jspecify.annotations.NullMarked;
