@NullMarked
package dev.naiad.convert.layer;

import org.jspecify.annotations.NullMarked;
