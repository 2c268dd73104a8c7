/** The launcher: starts each program by its name. */
@NullMarked
package dev.naiad.cli.main;

import org.jspecify.annotations.NullMarked;
