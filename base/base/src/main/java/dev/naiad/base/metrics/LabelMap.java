package dev.naiad.base.metrics;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * Children by label values; printed in a stable order. Values often come from strangers (a tag, a
 * kernel's version), so their number is bounded: what comes after is counted together.
 */
final class LabelMap<C> {
    static final int MOST = 10_000;

    /** The values of what is counted together. */
    static final String OTHER = "other";

    private final ConcurrentHashMap<List<String>, C> children = new ConcurrentHashMap<>();
    private final Supplier<C> make;

    LabelMap(Supplier<C> make) {
        this.make = make;
    }

    C get(List<String> values) {
        C child = children.get(values);
        if (child != null) {
            return child;
        }
        List<String> known =
                children.size() < MOST ? values : Collections.nCopies(values.size(), OTHER);
        return children.computeIfAbsent(known, v -> make.get());
    }

    void remove(List<String> values) {
        children.remove(values);
    }

    void clear() {
        children.clear();
    }

    Collection<C> values() {
        return children.values();
    }

    void forEach(BiConsumer<List<String>, C> action) {
        var sorted =
                new TreeMap<List<String>, C>(
                        (a, b) -> {
                            for (int i = 0; i < a.size(); i++) {
                                int order = a.get(i).compareTo(b.get(i));
                                if (order != 0) {
                                    return order;
                                }
                            }
                            return 0;
                        });
        sorted.putAll(children);
        sorted.forEach(action);
    }
}
