@NullMarked
package dev.naiad.builder.load;

import org.jspecify.annotations.NullMarked;
