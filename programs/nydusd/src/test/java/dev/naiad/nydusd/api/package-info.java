@NullMarked
package dev.naiad.nydusd.api;

import org.jspecify.annotations.NullMarked;
