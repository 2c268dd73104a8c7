package dev.naiad.base.metrics;

import java.util.List;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/**
 * Observations counted by upper bounds, one histogram per combination of label values. Safe for use
 * by many threads.
 */
public final class Histogram extends Family {
    private final double[] bounds;
    private final LabelMap<Child> children;

    Histogram(String name, String help, double[] bounds, List<String> labelNames) {
        super(name, help, labelNames);
        this.bounds = bounds.clone();
        this.children = new LabelMap<>(() -> new Child(this.bounds));
        if (labelNames.isEmpty()) {
            children.get(List.of());
        }
    }

    /** {@code count} bounds from {@code start}, each {@code factor} times the one before. */
    public static double[] exponential(double start, double factor, int count) {
        var bounds = new double[count];
        double bound = start;
        for (int i = 0; i < count; i++) {
            bounds[i] = bound;
            bound *= factor;
        }
        return bounds;
    }

    /** One histogram. */
    public static final class Child {
        private final double[] bounds;
        private final LongAdder[] counts;
        private final DoubleAdder sum = new DoubleAdder();

        private Child(double[] bounds) {
            this.bounds = bounds;
            this.counts = new LongAdder[bounds.length + 1];
            for (int i = 0; i < counts.length; i++) {
                counts[i] = new LongAdder();
            }
        }

        /** Counts one observation. */
        public void observe(double value) {
            int i = 0;
            while (i < bounds.length && value > bounds[i]) {
                i++;
            }
            counts[i].increment();
            sum.add(value);
        }

        /** The number of observations. */
        public long count() {
            long total = 0;
            for (LongAdder count : counts) {
                total += count.sum();
            }
            return total;
        }

        /** The sum of observations. */
        public double sum() {
            return sum.sum();
        }
    }

    /** The histogram with these label values. */
    public Child labels(String... values) {
        return children.get(labelValues(values));
    }

    /** Counts one observation; for a histogram without labels. */
    public void observe(double value) {
        labels().observe(value);
    }

    @Override
    String type() {
        return "histogram";
    }

    @Override
    void printSamples(StringBuilder out) {
        children.forEach(
                (values, child) -> {
                    long total = 0;
                    for (int i = 0; i < child.counts.length; i++) {
                        total += child.counts[i].sum();
                        String bound = i < bounds.length ? format(bounds[i]) : "+Inf";
                        sample(
                                out,
                                "_bucket",
                                values,
                                "le=\"" + bound + "\"",
                                Long.toString(total));
                    }
                    sample(out, "_sum", values, "", format(child.sum()));
                    sample(out, "_count", values, "", Long.toString(total));
                });
    }
}
