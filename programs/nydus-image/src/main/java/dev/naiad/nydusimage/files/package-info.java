/** Files that commands write. */
@NullMarked
package dev.naiad.nydusimage.files;

import org.jspecify.annotations.NullMarked;
