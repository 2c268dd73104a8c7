/**
 * Configuration as an immutable tree, with readers for JSON, YAML and TOML that report every
 * mistake.
 */
@NullMarked
package dev.naiad.base.config;

import org.jspecify.annotations.NullMarked;
