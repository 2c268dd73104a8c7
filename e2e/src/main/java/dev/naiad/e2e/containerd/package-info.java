/** A small client of containerd: pulls images as kubelet and nerdctl do. */
@NullMarked
package dev.naiad.e2e.containerd;

import org.jspecify.annotations.NullMarked;
