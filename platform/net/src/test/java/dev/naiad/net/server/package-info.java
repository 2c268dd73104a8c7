@NullMarked
package dev.naiad.net.server;

import org.jspecify.annotations.NullMarked;
