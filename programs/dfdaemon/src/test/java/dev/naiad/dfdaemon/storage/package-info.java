@NullMarked
package dev.naiad.dfdaemon.storage;

import org.jspecify.annotations.NullMarked;
