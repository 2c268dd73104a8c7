/** nydusify: converts, checks and copies images between registries. */
@NullMarked
package dev.naiad.convert.nydusify;

import org.jspecify.annotations.NullMarked;
