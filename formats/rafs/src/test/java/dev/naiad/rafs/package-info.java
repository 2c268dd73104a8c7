@NullMarked
package dev.naiad.rafs;

import org.jspecify.annotations.NullMarked;
