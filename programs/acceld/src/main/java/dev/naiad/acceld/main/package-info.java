/** acceld as a program. */
@NullMarked
package dev.naiad.acceld.main;

import org.jspecify.annotations.NullMarked;
