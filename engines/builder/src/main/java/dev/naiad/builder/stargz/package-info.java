/** Images made of an eStargz layer's table of contents alone. docs/formats/blob.md#estargz */
@NullMarked
package dev.naiad.builder.stargz;

import org.jspecify.annotations.NullMarked;
