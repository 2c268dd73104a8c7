@NullMarked
package dev.naiad.convert.acceld.state;

import org.jspecify.annotations.NullMarked;
