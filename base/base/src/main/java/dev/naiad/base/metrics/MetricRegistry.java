package dev.naiad.base.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * All metrics of one program, printed in the Prometheus text format 0.0.4. Names are registered
 * once; asking again for the same name and kind gives the same metric. Safe for use by many
 * threads.
 */
public final class MetricRegistry {
    /** The content type of {@link #text()}. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final ConcurrentSkipListMap<String, Family> families = new ConcurrentSkipListMap<>();
    private final List<Runnable> collectors = new CopyOnWriteArrayList<>();

    /** A counter without or with labels. */
    public Counter counter(String name, String help, String... labels) {
        return register(Counter.class, name, new Counter(name, help, List.of(labels)));
    }

    /** A gauge without or with labels. */
    public Gauge gauge(String name, String help, String... labels) {
        return register(Gauge.class, name, new Gauge(name, help, List.of(labels)));
    }

    /**
     * A histogram with the given upper bounds (ascending, without +Inf), without or with labels.
     */
    public Histogram histogram(String name, String help, double[] bounds, String... labels) {
        return register(Histogram.class, name, new Histogram(name, help, bounds, List.of(labels)));
    }

    /** Runs {@code collector} before each print, to set gauges from the state of something. */
    public void onCollect(Runnable collector) {
        collectors.add(collector);
    }

    private <M extends Family> M register(Class<M> kind, String name, M metric) {
        Family before = families.putIfAbsent(name, metric);
        if (before == null) {
            return metric;
        }
        if (!kind.isInstance(before) || !before.labelNames().equals(metric.labelNames())) {
            throw new IllegalStateException(
                    "metric " + name + " is registered already with another kind or labels");
        }
        return kind.cast(before);
    }

    /** All metrics by name, in the text format. */
    public String text() {
        collectors.forEach(Runnable::run);
        var out = new StringBuilder();
        for (Family family : new ArrayList<>(families.values())) {
            family.print(out);
        }
        return out.toString();
    }
}
