/**
 * Gives finished images other blobs: the tree stays, chunks move. Reads what is there, writes new
 * blobs and a new bootstrap.
 */
@NullMarked
package dev.naiad.builder.rewrite;

import org.jspecify.annotations.NullMarked;
