/** {@code nydusify chunkdict}: chunks that many images share become a dictionary. */
@NullMarked
package dev.naiad.nydusify.chunkdict;

import org.jspecify.annotations.NullMarked;
