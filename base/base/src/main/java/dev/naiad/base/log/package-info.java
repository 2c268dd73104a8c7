/** The SLF4J provider: one line per event in the format of the program that is replaced. */
@NullMarked
package dev.naiad.base.log;

import org.jspecify.annotations.NullMarked;
