@NullMarked
package dev.naiad.snapshotter.store;

import org.jspecify.annotations.NullMarked;
