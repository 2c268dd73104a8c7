package dev.naiad.base.metrics;

import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** Children by label values; printed in a stable order. */
final class LabelMap<C> {
    private final ConcurrentHashMap<List<String>, C> children = new ConcurrentHashMap<>();
    private final Supplier<C> make;

    LabelMap(Supplier<C> make) {
        this.make = make;
    }

    C get(List<String> values) {
        C child = children.get(values);
        return child != null ? child : children.computeIfAbsent(values, v -> make.get());
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
