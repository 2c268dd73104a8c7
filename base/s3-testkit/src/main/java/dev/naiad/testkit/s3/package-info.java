/** A real S3 server for tests. */
@NullMarked
package dev.naiad.testkit.s3;

import org.jspecify.annotations.NullMarked;
