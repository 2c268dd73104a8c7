/** What acceld has to do and has done: a queue with a memory that outlives the process. */
@NullMarked
package dev.naiad.acceld.task;

import org.jspecify.annotations.NullMarked;
