/** The writing side of storage backends: blobs are put into oss, s3 or a directory. */
@NullMarked
package dev.naiad.backend.store;

import org.jspecify.annotations.NullMarked;
