/** The daemon's life: its states, what is mounted in it, and what it says about itself. */
@NullMarked
package dev.naiad.nydusd.daemon;

import org.jspecify.annotations.NullMarked;
