/** {@code nydusify build}: a directory becomes a blob and a bootstrap. */
@NullMarked
package dev.naiad.nydusify.build;

import org.jspecify.annotations.NullMarked;
