/** A real multi-layer image from the distribution's packages, cached. */
@NullMarked
package dev.naiad.e2e.image;

import org.jspecify.annotations.NullMarked;
