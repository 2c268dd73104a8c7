/**
 * Converts layers of container images between OCI and Nydus: {@link dev.naiad.layers.Pack}, {@link
 * dev.naiad.layers.Merge} and {@link dev.naiad.layers.Unpack}. Everything streams; nothing is
 * written to a disk. docs/embedding.md has an example.
 */
@NullMarked
package dev.naiad.layers;

import org.jspecify.annotations.NullMarked;
