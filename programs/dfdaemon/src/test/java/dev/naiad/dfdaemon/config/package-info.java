@NullMarked
package dev.naiad.dfdaemon.config;

import org.jspecify.annotations.NullMarked;
