/** What the command line tools do, beside their flags. */
@NullMarked
package dev.naiad.dfdaemon.tool;

import org.jspecify.annotations.NullMarked;
