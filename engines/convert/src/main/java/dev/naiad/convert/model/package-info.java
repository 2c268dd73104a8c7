/** Model artifacts: images whose layers are archives of files that a model consists of. */
@NullMarked
package dev.naiad.convert.model;

import org.jspecify.annotations.NullMarked;
