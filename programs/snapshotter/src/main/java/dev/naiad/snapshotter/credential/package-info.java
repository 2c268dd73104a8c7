/** Who we are at the registries: from labels, from the CRI, from docker's configuration. */
@NullMarked
package dev.naiad.snapshotter.credential;

import org.jspecify.annotations.NullMarked;
