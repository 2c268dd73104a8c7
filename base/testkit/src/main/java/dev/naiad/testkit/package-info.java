/**
 * What tests share. Real parts where there are any; what is started is ended, what cannot run here
 * is skipped with a reason.
 */
@NullMarked
package dev.naiad.testkit;

import org.jspecify.annotations.NullMarked;
