@NullMarked
package dev.naiad.acceleration.layer;

import org.jspecify.annotations.NullMarked;
