/** acceld's process. */
@NullMarked
package dev.naiad.acceld.daemon;

import org.jspecify.annotations.NullMarked;
