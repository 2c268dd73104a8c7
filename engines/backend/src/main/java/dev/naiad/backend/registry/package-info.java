/** Blobs of a container registry. */
@NullMarked
package dev.naiad.backend.registry;

import org.jspecify.annotations.NullMarked;
