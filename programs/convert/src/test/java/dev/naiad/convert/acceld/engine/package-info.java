@NullMarked
package dev.naiad.convert.acceld.engine;

import org.jspecify.annotations.NullMarked;
