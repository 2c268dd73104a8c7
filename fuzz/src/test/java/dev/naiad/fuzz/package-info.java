/**
 * One class for each parser that reads what others wrote. Ordinary tests replay seeds and kept
 * inputs; {@code ./fuzz} looks for new ones. docs/operate/fuzzing.md
 */
@NullMarked
package dev.naiad.fuzz;

import org.jspecify.annotations.NullMarked;
