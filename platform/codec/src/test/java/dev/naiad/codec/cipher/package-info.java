@NullMarked
package dev.naiad.codec.cipher;

import org.jspecify.annotations.NullMarked;
