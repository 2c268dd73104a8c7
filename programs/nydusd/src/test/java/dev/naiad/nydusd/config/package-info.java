@NullMarked
package dev.naiad.nydusd.config;

import org.jspecify.annotations.NullMarked;
