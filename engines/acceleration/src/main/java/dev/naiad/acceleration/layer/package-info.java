/** Converted layers that acceld keeps, so that images that share layers are converted sooner. */
@NullMarked
package dev.naiad.acceleration.layer;

import org.jspecify.annotations.NullMarked;
