@NullMarked
package dev.naiad.builder.stargz;

import org.jspecify.annotations.NullMarked;
