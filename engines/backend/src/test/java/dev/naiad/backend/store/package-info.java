/** What every writable backend does. */
@NullMarked
package dev.naiad.backend.store;

import org.jspecify.annotations.NullMarked;
