@NullMarked
package dev.naiad.e2e;

import org.jspecify.annotations.NullMarked;
