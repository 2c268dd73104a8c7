@NullMarked
package dev.naiad.acceleration.config;

import org.jspecify.annotations.NullMarked;
