@NullMarked
package dev.naiad.scheduler.rpc;

import org.jspecify.annotations.NullMarked;
