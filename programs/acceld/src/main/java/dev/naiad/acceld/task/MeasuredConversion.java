package dev.naiad.acceld.task;

import dev.naiad.acceleration.engine.ImageConversion;
import dev.naiad.base.metrics.Counter;
import dev.naiad.base.metrics.Histogram;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.base.time.Ticker;
import dev.naiad.oci.ref.ImageReference;

/** Counts conversions and how long those took that succeeded. */
public final class MeasuredConversion implements ImageConversion {
    private static final String PREFIX = "acceleration_service_core_conversions_op_";
    private static final double[] SECONDS = {0.5, 1, 5, 10, 20, 50, 100, 200, 500, 1000, 2000};

    private final ImageConversion conversion;
    private final Ticker ticker;
    private final Histogram duration;
    private final Counter total;
    private final Counter errors;

    public MeasuredConversion(ImageConversion conversion, MetricRegistry registry, Ticker ticker) {
        this.conversion = conversion;
        this.ticker = ticker;
        duration =
                registry.histogram(
                        PREFIX + "duration_seconds",
                        "The latency of successful operations.",
                        SECONDS,
                        "op");
        total = registry.counter(PREFIX + "total", "How many operations were begun.", "op");
        errors = registry.counter(PREFIX + "error_total", "How many operations failed.", "op");
        total.labels("convert");
        errors.labels("convert");
    }

    @Override
    public Outcome convert(ImageReference source) throws Exception {
        total.labels("convert").inc();
        long begin = ticker.nanos();
        boolean done = false;
        try {
            Outcome outcome = conversion.convert(source);
            done = true;
            duration.labels("convert").observe((ticker.nanos() - begin) / 1e9);
            return outcome;
        } finally {
            if (!done) {
                errors.labels("convert").inc();
            }
        }
    }
}
