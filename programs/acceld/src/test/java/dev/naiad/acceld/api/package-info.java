@NullMarked
package dev.naiad.acceld.api;

import org.jspecify.annotations.NullMarked;
