@NullMarked
package dev.naiad.nydusimage.command;

import org.jspecify.annotations.NullMarked;
