@NullMarked
package dev.naiad.net.client;

import org.jspecify.annotations.NullMarked;
