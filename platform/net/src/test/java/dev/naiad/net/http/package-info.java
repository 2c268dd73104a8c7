@NullMarked
package dev.naiad.net.http;

import org.jspecify.annotations.NullMarked;
