/** The programs of this module. */
@NullMarked
package dev.naiad.convert.main;

import org.jspecify.annotations.NullMarked;
