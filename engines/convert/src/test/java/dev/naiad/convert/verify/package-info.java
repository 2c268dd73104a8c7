@NullMarked
package dev.naiad.convert.verify;

import org.jspecify.annotations.NullMarked;
