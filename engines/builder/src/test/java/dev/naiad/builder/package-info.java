@NullMarked
package dev.naiad.builder;

import org.jspecify.annotations.NullMarked;
