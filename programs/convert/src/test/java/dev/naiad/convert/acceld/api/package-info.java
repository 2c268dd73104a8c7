@NullMarked
package dev.naiad.convert.acceld.api;

import org.jspecify.annotations.NullMarked;
