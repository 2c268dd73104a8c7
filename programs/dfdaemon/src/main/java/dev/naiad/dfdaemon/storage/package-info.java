/**
 * The piece store: what this host holds of each task, on disk, safe against being killed at any
 * point. docs/formats/piece-store.md describes the files.
 */
@NullMarked
package dev.naiad.dfdaemon.storage;

import org.jspecify.annotations.NullMarked;
