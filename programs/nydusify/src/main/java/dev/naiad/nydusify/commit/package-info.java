/** {@code nydusify commit}: what a running container has changed becomes an image. */
@NullMarked
package dev.naiad.nydusify.commit;

import org.jspecify.annotations.NullMarked;
