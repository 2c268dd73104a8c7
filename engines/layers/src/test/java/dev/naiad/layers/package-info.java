@NullMarked
package dev.naiad.layers;

import org.jspecify.annotations.NullMarked;
