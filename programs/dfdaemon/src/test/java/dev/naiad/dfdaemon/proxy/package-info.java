@NullMarked
package dev.naiad.dfdaemon.proxy;

import org.jspecify.annotations.NullMarked;
