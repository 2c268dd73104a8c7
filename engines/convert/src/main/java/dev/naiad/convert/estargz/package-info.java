/** Images with seekable OCI layers: eStargz and zstd:chunked. */
@NullMarked
package dev.naiad.convert.estargz;

import org.jspecify.annotations.NullMarked;
