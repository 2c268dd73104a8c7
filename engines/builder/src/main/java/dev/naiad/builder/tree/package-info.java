/**
 * The file tree of an image while it is built, and the rules by which layers are laid over each
 * other.
 */
@NullMarked
package dev.naiad.builder.tree;

import org.jspecify.annotations.NullMarked;
