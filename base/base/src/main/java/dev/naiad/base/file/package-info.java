/** Files that are there whole or not at all. */
@NullMarked
package dev.naiad.base.file;

import org.jspecify.annotations.NullMarked;
