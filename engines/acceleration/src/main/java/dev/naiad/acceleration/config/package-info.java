/** acceld's configuration file. docs/operate/acceld.md */
@NullMarked
package dev.naiad.acceleration.config;

import org.jspecify.annotations.NullMarked;
