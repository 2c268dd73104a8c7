@NullMarked
package dev.naiad.builder.dictionary;

import org.jspecify.annotations.NullMarked;
