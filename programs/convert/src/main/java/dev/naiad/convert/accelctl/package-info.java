/** accelctl: asks acceld, or converts without it. */
@NullMarked
package dev.naiad.convert.accelctl;

import org.jspecify.annotations.NullMarked;
