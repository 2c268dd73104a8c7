@NullMarked
package dev.naiad.convert.acceld.layer;

import org.jspecify.annotations.NullMarked;
