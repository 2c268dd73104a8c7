/** Blobs of S3 and OSS buckets and of plain HTTP servers. */
@NullMarked
package dev.naiad.backend.objectstore;

import org.jspecify.annotations.NullMarked;
