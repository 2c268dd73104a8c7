package dev.naiad.snapshotter.daemon;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The shape of one JSON object as a Go program writes it: known keys only, in a fixed order, zero
 * values left out where the field says so. Immutable.
 */
final class GoShape {
    /** What a field holds. */
    private enum Type {
        TEXT,
        NUMBER,
        TRUTH,
        TEXT_MAP,
        TEXT_LIST,
        OBJECT,
        OBJECTS
    }

    private record Field(String key, Type type, boolean omitZero, GoShape shape) {}

    private static final GoShape NONE = new GoShape(List.of());

    private final List<Field> fields;

    private GoShape(List<Field> fields) {
        this.fields = fields;
    }

    static Builder builder() {
        return new Builder();
    }

    /** Collects fields in the order in which they are written. */
    static final class Builder {
        private final List<Field> fields = new ArrayList<>();

        /** A text that is left out when empty. */
        Builder text(String... keys) {
            return add(Type.TEXT, true, keys);
        }

        Builder alwaysText(String... keys) {
            return add(Type.TEXT, false, keys);
        }

        Builder number(String... keys) {
            return add(Type.NUMBER, true, keys);
        }

        Builder alwaysNumber(String... keys) {
            return add(Type.NUMBER, false, keys);
        }

        Builder truth(String... keys) {
            return add(Type.TRUTH, true, keys);
        }

        Builder alwaysTruth(String... keys) {
            return add(Type.TRUTH, false, keys);
        }

        /** A map of texts, keys sorted, left out when empty. */
        Builder textMap(String key) {
            return add(Type.TEXT_MAP, true, key);
        }

        /** A list of texts, left out when empty. */
        Builder textList(String key) {
            return add(Type.TEXT_LIST, true, key);
        }

        /** An object that is always written, empty or not. */
        Builder object(String key, GoShape shape) {
            fields.add(new Field(key, Type.OBJECT, false, shape));
            return this;
        }

        /** A list of objects, left out when empty. */
        Builder objects(String key, GoShape shape) {
            fields.add(new Field(key, Type.OBJECTS, true, shape));
            return this;
        }

        private Builder add(Type type, boolean omitZero, String... keys) {
            for (String key : keys) {
                fields.add(new Field(key, type, omitZero, NONE));
            }
            return this;
        }

        GoShape build() {
            return new GoShape(List.copyOf(fields));
        }
    }

    /** {@code node} in this shape; a value of the wrong type is a problem. */
    ConfigNode of(ConfigNode node, Problems problems) {
        var entries = new LinkedHashMap<String, ConfigNode>();
        for (Field field : fields) {
            ConfigNode value = value(node.get(field.key()), field, problems);
            if (value.isPresent()) {
                entries.put(field.key(), value);
            }
        }
        return ConfigNode.object(entries);
    }

    private static ConfigNode value(ConfigNode node, Field field, Problems problems) {
        return switch (field.type()) {
            case TEXT -> {
                String text = node.string(problems, "");
                yield text.isEmpty() && field.omitZero()
                        ? ConfigNode.nothing()
                        : ConfigNode.of(text);
            }
            case NUMBER -> {
                long number = node.integer(problems, 0, Long.MIN_VALUE, Long.MAX_VALUE);
                yield number == 0 && field.omitZero()
                        ? ConfigNode.nothing()
                        : ConfigNode.of(number);
            }
            case TRUTH -> {
                boolean truth = node.bool(problems, false);
                yield !truth && field.omitZero() ? ConfigNode.nothing() : ConfigNode.of(truth);
            }
            case TEXT_MAP -> {
                var sorted = new TreeMap<>(node.stringMap(problems));
                var texts = new LinkedHashMap<String, ConfigNode>();
                for (Map.Entry<String, String> entry : sorted.entrySet()) {
                    texts.put(entry.getKey(), ConfigNode.of(entry.getValue()));
                }
                yield texts.isEmpty() ? ConfigNode.nothing() : ConfigNode.object(texts);
            }
            case TEXT_LIST -> {
                List<ConfigNode> items =
                        node.strings(problems).stream().map(ConfigNode::of).toList();
                yield items.isEmpty() ? ConfigNode.nothing() : ConfigNode.list(items);
            }
            case OBJECT -> {
                checkKind(node, ConfigNode.Kind.OBJECT, problems);
                yield field.shape().of(node, problems);
            }
            case OBJECTS -> {
                checkKind(node, ConfigNode.Kind.LIST, problems);
                var items = new ArrayList<ConfigNode>();
                for (ConfigNode item : node.items()) {
                    items.add(field.shape().of(item, problems));
                }
                yield items.isEmpty() ? ConfigNode.nothing() : ConfigNode.list(items);
            }
        };
    }

    private static void checkKind(ConfigNode node, ConfigNode.Kind wanted, Problems problems) {
        if (node.isPresent() && node.kind() != wanted) {
            problems.add(
                    node, "is not " + (wanted == ConfigNode.Kind.OBJECT ? "an object" : "a list"));
        }
    }
}
