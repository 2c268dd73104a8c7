/** An OCI image becomes a Nydus image, and back. */
@NullMarked
package dev.naiad.convert.conversion;

import org.jspecify.annotations.NullMarked;
