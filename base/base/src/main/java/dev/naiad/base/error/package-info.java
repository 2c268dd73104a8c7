/** One exception type with a kind; every boundary maps the kind to its own codes. */
@NullMarked
package dev.naiad.base.error;

import org.jspecify.annotations.NullMarked;
