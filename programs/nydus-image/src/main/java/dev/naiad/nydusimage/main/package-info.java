/** nydus-image and naiad layer as programs. */
@NullMarked
package dev.naiad.nydusimage.main;

import org.jspecify.annotations.NullMarked;
