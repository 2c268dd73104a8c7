/** What acceld keeps on its disk. docs/formats/acceld-state.md */
@NullMarked
package dev.naiad.acceleration.state;

import org.jspecify.annotations.NullMarked;
