@NullMarked
package dev.naiad.snapshotter.daemon;

import org.jspecify.annotations.NullMarked;
