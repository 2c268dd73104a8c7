@NullMarked
package dev.naiad.nydusd.daemon;

import org.jspecify.annotations.NullMarked;
