@NullMarked
package dev.naiad.convert.acceld.task;

import org.jspecify.annotations.NullMarked;
