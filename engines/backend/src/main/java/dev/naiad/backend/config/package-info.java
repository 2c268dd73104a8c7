/** The backend sections of nydusd's configuration, every key of the originals. */
@NullMarked
package dev.naiad.backend.config;

import org.jspecify.annotations.NullMarked;
