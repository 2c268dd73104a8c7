/** The files of the cache directory. docs/formats/blobcache.md */
@NullMarked
package dev.naiad.blobcache.disk;

import org.jspecify.annotations.NullMarked;
