@NullMarked
package dev.naiad.net.wire;

import org.jspecify.annotations.NullMarked;
