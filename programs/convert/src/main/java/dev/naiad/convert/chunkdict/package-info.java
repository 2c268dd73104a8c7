/** {@code nydusify chunkdict}: chunks that many images share become a dictionary. */
@NullMarked
package dev.naiad.convert.chunkdict;

import org.jspecify.annotations.NullMarked;
