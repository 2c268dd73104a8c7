/**
 * System calls for hot loops: addresses instead of segments, no allocation, the error number in the
 * result. Everything else uses the friendlier {@code dev.naiad.linux}.
 */
@NullMarked
package dev.naiad.linux.raw;

import org.jspecify.annotations.NullMarked;
