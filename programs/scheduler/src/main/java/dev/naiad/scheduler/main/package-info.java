/** The scheduler as a program: configuration, wiring, lifetime. */
@NullMarked
package dev.naiad.scheduler.main;

import org.jspecify.annotations.NullMarked;
