/** {@code nydusify commit}: what a running container has changed becomes an image. */
@NullMarked
package dev.naiad.convert.commit;

import org.jspecify.annotations.NullMarked;
