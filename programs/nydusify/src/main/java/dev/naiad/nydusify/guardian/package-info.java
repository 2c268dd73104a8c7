/** Processes that put right what we leave behind when we are killed. */
@NullMarked
package dev.naiad.nydusify.guardian;

import org.jspecify.annotations.NullMarked;
