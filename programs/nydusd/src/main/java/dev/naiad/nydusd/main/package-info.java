/** The programs nydusd and nydusctl: command lines and wiring. */
@NullMarked
package dev.naiad.nydusd.main;

import org.jspecify.annotations.NullMarked;
