/** What dfdaemon counts, under the original's names. */
@NullMarked
package dev.naiad.dfdaemon.metrics;

import org.jspecify.annotations.NullMarked;
