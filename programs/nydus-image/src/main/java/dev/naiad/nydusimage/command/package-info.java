/** The commands of nydus-image. docs/operate/nydus-image.md */
@NullMarked
package dev.naiad.nydusimage.command;

import org.jspecify.annotations.NullMarked;
