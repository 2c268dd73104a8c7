@NullMarked
package dev.naiad.convert.image;

import org.jspecify.annotations.NullMarked;
