/**
 * Several nodes on one machine, from the built programs and real containerd: processes, network,
 * registry, accounting.
 */
@NullMarked
package dev.naiad.e2e.lab;

import org.jspecify.annotations.NullMarked;
