/** Reads source images: references to manifests, layers as verified streams. */
@NullMarked
package dev.naiad.convert.pull;

import org.jspecify.annotations.NullMarked;
