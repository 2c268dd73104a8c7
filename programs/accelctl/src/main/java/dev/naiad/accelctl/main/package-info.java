/** accelctl as a program. */
@NullMarked
package dev.naiad.accelctl.main;

import org.jspecify.annotations.NullMarked;
