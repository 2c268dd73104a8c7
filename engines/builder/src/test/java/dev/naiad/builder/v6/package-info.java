@NullMarked
package dev.naiad.builder.v6;

import org.jspecify.annotations.NullMarked;
