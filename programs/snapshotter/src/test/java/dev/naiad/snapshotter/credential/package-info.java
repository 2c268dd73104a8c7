@NullMarked
package dev.naiad.snapshotter.credential;

import org.jspecify.annotations.NullMarked;
