@NullMarked
package dev.naiad.builder.chunk;

import org.jspecify.annotations.NullMarked;
