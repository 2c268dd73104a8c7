@NullMarked
package dev.naiad.snapshotter.bolt;

import org.jspecify.annotations.NullMarked;
