/** How acceld converts: nydusify's conversion with what acceld's configuration says. */
@NullMarked
package dev.naiad.convert.acceld.engine;

import org.jspecify.annotations.NullMarked;
