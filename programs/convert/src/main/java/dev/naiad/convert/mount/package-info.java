/** {@code nydusify mount}: an image in a directory through nydusd. */
@NullMarked
package dev.naiad.convert.mount;

import org.jspecify.annotations.NullMarked;
