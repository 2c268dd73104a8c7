@NullMarked
package dev.naiad.snapshotter.main;

import org.jspecify.annotations.NullMarked;
