/** Ownership: what was opened last is closed first. */
@NullMarked
package dev.naiad.base.life;

import org.jspecify.annotations.NullMarked;
