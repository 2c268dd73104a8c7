/** Programs, what they are given by the process, and their command lines. */
@NullMarked
package dev.naiad.base.cli;

import org.jspecify.annotations.NullMarked;
