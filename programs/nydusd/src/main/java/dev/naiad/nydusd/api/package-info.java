/** The daemon's HTTP API on its unix socket: routes, answers, error texts. */
@NullMarked
package dev.naiad.nydusd.api;

import org.jspecify.annotations.NullMarked;
