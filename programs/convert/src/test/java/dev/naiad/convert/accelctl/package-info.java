@NullMarked
package dev.naiad.convert.accelctl;

import org.jspecify.annotations.NullMarked;
