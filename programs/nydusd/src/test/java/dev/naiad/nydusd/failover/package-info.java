@NullMarked
package dev.naiad.nydusd.failover;

import org.jspecify.annotations.NullMarked;
