/** acceld's configuration file. docs/operate/acceld.md */
@NullMarked
package dev.naiad.convert.acceld.config;

import org.jspecify.annotations.NullMarked;
