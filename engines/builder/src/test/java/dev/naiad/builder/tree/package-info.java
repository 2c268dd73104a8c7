@NullMarked
package dev.naiad.builder.tree;

import org.jspecify.annotations.NullMarked;
