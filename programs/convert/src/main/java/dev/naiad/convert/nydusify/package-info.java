/** nydusify: its command line; each command is a package of its own. */
@NullMarked
package dev.naiad.convert.nydusify;

import org.jspecify.annotations.NullMarked;
