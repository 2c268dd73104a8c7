/** Writes target images while they are made. */
@NullMarked
package dev.naiad.convert.push;

import org.jspecify.annotations.NullMarked;
