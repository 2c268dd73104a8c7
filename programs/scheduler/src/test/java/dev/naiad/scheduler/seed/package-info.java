@NullMarked
package dev.naiad.scheduler.seed;

import org.jspecify.annotations.NullMarked;
