@NullMarked
package dev.naiad.cli.main;

import org.jspecify.annotations.NullMarked;
