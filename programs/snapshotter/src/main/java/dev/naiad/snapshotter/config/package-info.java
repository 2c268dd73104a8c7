/** Flags and config.toml of the snapshotter. */
@NullMarked
package dev.naiad.snapshotter.config;

import org.jspecify.annotations.NullMarked;
