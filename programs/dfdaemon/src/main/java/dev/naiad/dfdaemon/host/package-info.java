/** What this machine is and does, for announcements. */
@NullMarked
package dev.naiad.dfdaemon.host;

import org.jspecify.annotations.NullMarked;
