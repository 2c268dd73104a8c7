@NullMarked
package dev.naiad.e2e.lab;

import org.jspecify.annotations.NullMarked;
