/**
 * What an operator or the snapshotter tells nydusd: configuration version 1 and 2, JSON and TOML.
 */
@NullMarked
package dev.naiad.nydusd.config;

import org.jspecify.annotations.NullMarked;
