/** {@code nydusify mount}: an image in a directory through nydusd. */
@NullMarked
package dev.naiad.nydusify.mount;

import org.jspecify.annotations.NullMarked;
