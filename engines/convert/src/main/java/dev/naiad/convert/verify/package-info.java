/**
 * Whether a built image is what its source says: the source's archive is read a second way while it
 * passes, the blob's chunks are read back while they pass, and both are compared with the
 * bootstrap. docs/decisions/convert-verifies.md
 */
@NullMarked
package dev.naiad.convert.verify;

import org.jspecify.annotations.NullMarked;
