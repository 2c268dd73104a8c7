/** Reads directories of the local file system as a source of images. */
@NullMarked
package dev.naiad.builder.directory;

import org.jspecify.annotations.NullMarked;
