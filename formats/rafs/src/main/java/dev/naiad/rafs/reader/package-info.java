/** Opens a bootstrap of either generation. */
@NullMarked
package dev.naiad.rafs.reader;

import org.jspecify.annotations.NullMarked;
