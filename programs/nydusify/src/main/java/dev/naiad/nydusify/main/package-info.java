/** nydusify: its command line; each command is a package of its own. */
@NullMarked
package dev.naiad.nydusify.main;

import org.jspecify.annotations.NullMarked;
