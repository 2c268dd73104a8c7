@NullMarked
package dev.naiad.dfdaemon.task;

import org.jspecify.annotations.NullMarked;
