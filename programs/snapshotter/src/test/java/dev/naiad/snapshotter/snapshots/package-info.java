@NullMarked
package dev.naiad.snapshotter.snapshots;

import org.jspecify.annotations.NullMarked;
