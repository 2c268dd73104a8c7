@NullMarked
package dev.naiad.dfdaemon.main;

import org.jspecify.annotations.NullMarked;
