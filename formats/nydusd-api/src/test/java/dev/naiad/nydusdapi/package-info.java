@NullMarked
package dev.naiad.nydusdapi;

import org.jspecify.annotations.NullMarked;
