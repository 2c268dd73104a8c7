@NullMarked
package dev.naiad.blobcache.disk;

import org.jspecify.annotations.NullMarked;
