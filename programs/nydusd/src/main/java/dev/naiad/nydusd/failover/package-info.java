/**
 * What survives a daemon: the negotiated session and what is mounted where, handed with the
 * descriptor of the mount to a supervisor (the snapshotter), which hands it to a successor.
 */
@NullMarked
package dev.naiad.nydusd.failover;

import org.jspecify.annotations.NullMarked;
