@NullMarked
package dev.naiad.convert.conversion;

import org.jspecify.annotations.NullMarked;
