@NullMarked
package dev.naiad.nydusimage.layer;

import org.jspecify.annotations.NullMarked;
