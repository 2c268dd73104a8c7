package dev.naiad.base.metrics;

import java.util.List;
import java.util.concurrent.atomic.DoubleAdder;

/** A number that only grows, one per combination of label values. Safe for use by many threads. */
public final class Counter extends Family {
    private final LabelMap<Child> children = new LabelMap<>(Child::new);

    Counter(String name, String help, List<String> labelNames) {
        super(name, help, labelNames);
        if (labelNames.isEmpty()) {
            children.get(List.of());
        }
    }

    /** One counter. */
    public static final class Child {
        private final DoubleAdder sum = new DoubleAdder();

        private Child() {}

        /** Adds one. */
        public void inc() {
            sum.add(1);
        }

        /** Adds {@code amount}, which is not negative. */
        public void inc(double amount) {
            if (amount < 0) {
                throw new IllegalArgumentException("a counter cannot shrink by " + amount);
            }
            sum.add(amount);
        }

        /** The sum so far. */
        public double value() {
            return sum.sum();
        }
    }

    /** The counter with these label values. */
    public Child labels(String... values) {
        return children.get(labelValues(values));
    }

    /** Adds one; for a counter without labels. */
    public void inc() {
        labels().inc();
    }

    /** Adds {@code amount}; for a counter without labels. */
    public void inc(double amount) {
        labels().inc(amount);
    }

    /** The sum over all label values. */
    public double value() {
        return children.values().stream().mapToDouble(Child::value).sum();
    }

    @Override
    String type() {
        return "counter";
    }

    @Override
    void printSamples(StringBuilder out) {
        children.forEach((values, child) -> sample(out, "", values, "", format(child.value())));
    }
}
