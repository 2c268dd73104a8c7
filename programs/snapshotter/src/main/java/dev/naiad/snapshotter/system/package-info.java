/** The control socket and the metrics of the snapshotter. */
@NullMarked
package dev.naiad.snapshotter.system;

import org.jspecify.annotations.NullMarked;
