/** What all remote backends share: attempts, range checks, resumed streams. */
@NullMarked
package dev.naiad.backend.remote;

import org.jspecify.annotations.NullMarked;
