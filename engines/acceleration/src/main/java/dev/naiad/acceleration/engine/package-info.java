/** How acceld converts: nydusify's conversion with what acceld's configuration says. */
@NullMarked
package dev.naiad.acceleration.engine;

import org.jspecify.annotations.NullMarked;
