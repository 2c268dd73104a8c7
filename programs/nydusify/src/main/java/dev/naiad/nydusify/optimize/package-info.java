/** {@code nydusify optimize}: what a container needs first gets a blob of its own. */
@NullMarked
package dev.naiad.nydusify.optimize;

import org.jspecify.annotations.NullMarked;
