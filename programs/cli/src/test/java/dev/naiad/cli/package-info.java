@NullMarked
package dev.naiad.cli;

import org.jspecify.annotations.NullMarked;
