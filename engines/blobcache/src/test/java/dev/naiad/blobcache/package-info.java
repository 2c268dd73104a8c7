@NullMarked
package dev.naiad.blobcache;

import org.jspecify.annotations.NullMarked;
