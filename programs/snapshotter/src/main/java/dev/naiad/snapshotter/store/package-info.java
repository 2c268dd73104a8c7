/**
 * What the snapshotter remembers: metadata.db (containerd's snapshots) and nydus.db (daemons and
 * mounted images).
 */
@NullMarked
package dev.naiad.snapshotter.store;

import org.jspecify.annotations.NullMarked;
