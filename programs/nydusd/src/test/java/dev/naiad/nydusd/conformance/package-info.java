@NullMarked
package dev.naiad.nydusd.conformance;

import org.jspecify.annotations.NullMarked;
