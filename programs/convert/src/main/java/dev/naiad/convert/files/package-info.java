/** The working directory of a command. */
@NullMarked
package dev.naiad.convert.files;

import org.jspecify.annotations.NullMarked;
