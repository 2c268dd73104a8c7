@NullMarked
package dev.naiad.snapshotter.config;

import org.jspecify.annotations.NullMarked;
