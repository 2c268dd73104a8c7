/** {@code nydusify convert}: an OCI image becomes a Nydus image. */
@NullMarked
package dev.naiad.convert.conversion;

import org.jspecify.annotations.NullMarked;
