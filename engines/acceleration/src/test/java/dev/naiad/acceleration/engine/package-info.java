@NullMarked
package dev.naiad.acceleration.engine;

import org.jspecify.annotations.NullMarked;
