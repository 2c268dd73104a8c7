/** Counters, gauges and histograms in the Prometheus text format. */
@NullMarked
package dev.naiad.base.metrics;

import org.jspecify.annotations.NullMarked;
