/** Images and registries that tests convert from and to. */
@NullMarked
package dev.naiad.imagetestkit;

import org.jspecify.annotations.NullMarked;
