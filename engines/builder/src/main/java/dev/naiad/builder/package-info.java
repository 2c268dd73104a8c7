/** Builds, merges and checks RAFS images: the engine behind nydus-image and nydusify. */
@NullMarked
package dev.naiad.builder;

import org.jspecify.annotations.NullMarked;
