/**
 * containerd's snapshot life cycle: what each call does, which labels decide it, and the mounts it
 * answers.
 */
@NullMarked
package dev.naiad.snapshotter.snapshots;

import org.jspecify.annotations.NullMarked;
