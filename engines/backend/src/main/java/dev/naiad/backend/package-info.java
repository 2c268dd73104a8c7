/** Blobs that live elsewhere, read by ranges: the interface, priorities and counters. */
@NullMarked
package dev.naiad.backend;

import org.jspecify.annotations.NullMarked;
