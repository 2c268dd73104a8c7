/** Storage backends (oss, s3, localfs) that keep blobs beside or instead of a registry. */
@NullMarked
package dev.naiad.convert.storage;

import org.jspecify.annotations.NullMarked;
