@NullMarked
package dev.naiad.scheduler.resource;

import org.jspecify.annotations.NullMarked;
