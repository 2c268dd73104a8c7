@NullMarked
package dev.naiad.fuse;

import org.jspecify.annotations.NullMarked;
