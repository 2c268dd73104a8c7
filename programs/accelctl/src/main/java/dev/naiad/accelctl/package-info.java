/** accelctl: asks acceld, or converts without it. */
@NullMarked
package dev.naiad.accelctl;

import org.jspecify.annotations.NullMarked;
