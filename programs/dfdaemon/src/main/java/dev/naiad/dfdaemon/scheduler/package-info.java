/** This host towards the schedulers: who they are, announcing itself, one conversation per task. */
@NullMarked
package dev.naiad.dfdaemon.scheduler;

import org.jspecify.annotations.NullMarked;
