@NullMarked
package dev.naiad.convert.acceld.daemon;

import org.jspecify.annotations.NullMarked;
