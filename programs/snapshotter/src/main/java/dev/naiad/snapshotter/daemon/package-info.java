/** The nydusd processes: how they are configured, started, watched, healed and ended. */
@NullMarked
package dev.naiad.snapshotter.daemon;

import org.jspecify.annotations.NullMarked;
