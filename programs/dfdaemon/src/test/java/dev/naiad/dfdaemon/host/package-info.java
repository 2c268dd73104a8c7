@NullMarked
package dev.naiad.dfdaemon.host;

import org.jspecify.annotations.NullMarked;
