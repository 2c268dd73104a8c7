@NullMarked
package dev.naiad.acceld.task;

import org.jspecify.annotations.NullMarked;
