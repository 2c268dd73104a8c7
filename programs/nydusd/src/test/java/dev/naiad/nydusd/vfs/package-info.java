@NullMarked
package dev.naiad.nydusd.vfs;

import org.jspecify.annotations.NullMarked;
