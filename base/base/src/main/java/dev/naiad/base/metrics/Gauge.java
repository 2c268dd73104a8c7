package dev.naiad.base.metrics;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A number that goes up and down, one per combination of label values. Safe for use by many
 * threads.
 */
public final class Gauge extends Family {
    private final LabelMap<Child> children = new LabelMap<>(Child::new);

    Gauge(String name, String help, List<String> labelNames) {
        super(name, help, labelNames);
        if (labelNames.isEmpty()) {
            children.get(List.of());
        }
    }

    /** One gauge. */
    public static final class Child {
        private final AtomicLong bits = new AtomicLong();

        private Child() {}

        /** Sets the value. */
        public void set(double value) {
            bits.set(Double.doubleToRawLongBits(value));
        }

        /** Adds {@code amount}, which may be negative. */
        public void add(double amount) {
            bits.updateAndGet(b -> Double.doubleToRawLongBits(Double.longBitsToDouble(b) + amount));
        }

        /** Adds one. */
        public void inc() {
            add(1);
        }

        /** Subtracts one. */
        public void dec() {
            add(-1);
        }

        /** The value now. */
        public double value() {
            return Double.longBitsToDouble(bits.get());
        }
    }

    /** The gauge with these label values. */
    public Child labels(String... values) {
        return children.get(labelValues(values));
    }

    /** Forgets the gauge with these label values. */
    public void remove(String... values) {
        children.remove(labelValues(values));
    }

    /** Forgets all gauges before they are set again. */
    public void clear() {
        children.clear();
    }

    /** Sets the value; for a gauge without labels. */
    public void set(double value) {
        labels().set(value);
    }

    /** Adds {@code amount}; for a gauge without labels. */
    public void add(double amount) {
        labels().add(amount);
    }

    /** Adds one; for a gauge without labels. */
    public void inc() {
        labels().inc();
    }

    /** Subtracts one; for a gauge without labels. */
    public void dec() {
        labels().dec();
    }

    /** The value; for a gauge without labels. */
    public double value() {
        return labels().value();
    }

    @Override
    String type() {
        return "gauge";
    }

    @Override
    void printSamples(StringBuilder out) {
        children.forEach((values, child) -> sample(out, "", values, "", format(child.value())));
    }
}
