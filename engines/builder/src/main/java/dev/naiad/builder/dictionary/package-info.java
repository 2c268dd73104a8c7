/** Makes a chunk dictionary of the images of a repository: what their versions have in common. */
@NullMarked
package dev.naiad.builder.dictionary;

import org.jspecify.annotations.NullMarked;
