/** Where the programs are that this one starts. */
@NullMarked
package dev.naiad.nydusify.install;

import org.jspecify.annotations.NullMarked;
