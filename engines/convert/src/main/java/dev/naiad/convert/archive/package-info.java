/** Images in archives: OCI layouts and what {@code docker save} writes, read and written. */
@NullMarked
package dev.naiad.convert.archive;

import org.jspecify.annotations.NullMarked;
