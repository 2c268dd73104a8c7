/**
 * What {@code ./bench} measures inside one process; whole commands are measured by the script
 * itself.
 */
@NullMarked
package dev.naiad.benchmarks;

import org.jspecify.annotations.NullMarked;
