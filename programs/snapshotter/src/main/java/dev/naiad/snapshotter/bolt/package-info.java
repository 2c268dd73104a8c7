/**
 * An own reader and writer of bbolt database files, so that the original snapshotter and this one
 * can open each other's databases. The layout is described in docs/formats/snapshot-store.md.
 */
@NullMarked
package dev.naiad.snapshotter.bolt;

import org.jspecify.annotations.NullMarked;
