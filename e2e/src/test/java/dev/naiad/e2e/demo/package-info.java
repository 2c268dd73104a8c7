@NullMarked
package dev.naiad.e2e.demo;

import org.jspecify.annotations.NullMarked;
