@NullMarked
package dev.naiad.convert.acceld.config;

import org.jspecify.annotations.NullMarked;
