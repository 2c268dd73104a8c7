/** Opens the backend that a configuration names. */
@NullMarked
package dev.naiad.backend.factory;

import org.jspecify.annotations.NullMarked;
