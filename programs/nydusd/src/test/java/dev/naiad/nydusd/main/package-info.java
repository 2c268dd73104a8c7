@NullMarked
package dev.naiad.nydusd.main;

import org.jspecify.annotations.NullMarked;
