@NullMarked
package dev.naiad.builder.tar;

import org.jspecify.annotations.NullMarked;
