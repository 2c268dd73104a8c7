@NullMarked
package dev.naiad.net.tls;

import org.jspecify.annotations.NullMarked;
