/** The commands of nydus-image. docs/operate/nydus-image.md */
@NullMarked
package dev.naiad.convert.image;

import org.jspecify.annotations.NullMarked;
