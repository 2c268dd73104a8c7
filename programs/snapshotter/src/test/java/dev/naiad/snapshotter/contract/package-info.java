@NullMarked
package dev.naiad.snapshotter.contract;

import org.jspecify.annotations.NullMarked;
