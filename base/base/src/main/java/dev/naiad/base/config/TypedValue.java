package dev.naiad.base.config;

import dev.naiad.base.bytes.ByteSize;
import dev.naiad.base.config.ConfigNode.Kind;
import dev.naiad.base.error.NaiadException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A node's value as a type. What does not fit is a problem, and the fallback is answered. */
record TypedValue(ConfigNode node, Problems problems) {
    String string(String fallback) {
        return is(Kind.STRING, "a string") ? node.text() : fallback;
    }

    long integer(long fallback, long min, long max) {
        if (!is(Kind.NUMBER, "a whole number")) {
            return fallback;
        }
        long value;
        try {
            value = new BigDecimal(node.text()).longValueExact();
        } catch (ArithmeticException | NumberFormatException e) {
            problems.add(node, node.text() + " is not a whole number");
            return fallback;
        }
        if (value < min || value > max) {
            problems.add(node, value + " is outside " + min + ".." + max);
            return fallback;
        }
        return value;
    }

    double decimal(double fallback) {
        return is(Kind.NUMBER, "a number") ? Double.parseDouble(node.text()) : fallback;
    }

    boolean bool(boolean fallback) {
        if (!node.isPresent()) {
            return fallback;
        }
        if (node.kind() != Kind.BOOLEAN) {
            problems.add(node, described() + " is neither true nor false");
            return fallback;
        }
        return Boolean.parseBoolean(node.text());
    }

    ByteSize size(ByteSize fallback) {
        return parsed(fallback, ByteSize::parse);
    }

    Duration duration(Duration fallback, Duration unit) {
        if (node.kind() == Kind.NUMBER) {
            return parsed(
                    fallback, text -> unit.multipliedBy(new BigDecimal(text).longValueExact()));
        }
        return parsed(fallback, Durations::parse);
    }

    <T> T choice(Map<String, T> values, T fallback) {
        if (!is(Kind.STRING, "a string")) {
            return fallback;
        }
        String name = node.text();
        T value = values.get(name);
        if (value == null) {
            problems.add(
                    node,
                    "\""
                            + name
                            + "\" is none of "
                            + String.join(", ", values.keySet())
                            + Suggestions.didYouMean(name, values.keySet()));
            return fallback;
        }
        return value;
    }

    List<String> strings() {
        if (!is(Kind.LIST, "a list")) {
            return List.of();
        }
        var texts = new ArrayList<String>();
        for (ConfigNode item : node.items()) {
            texts.add(item.string(problems, ""));
        }
        return List.copyOf(texts);
    }

    Map<String, String> stringMap() {
        if (!is(Kind.OBJECT, "an object")) {
            return Map.of();
        }
        var texts = new LinkedHashMap<String, String>();
        node.entries().forEach((key, value) -> texts.put(key, value.string(problems, "")));
        return Collections.unmodifiableMap(texts);
    }

    /** Whether there is a value of that kind; one of another kind is a problem. */
    private boolean is(Kind wanted, String named) {
        if (!node.isPresent()) {
            return false;
        }
        if (node.kind() != wanted) {
            problems.add(node, described() + " is not " + named);
            return false;
        }
        return true;
    }

    private <T> T parsed(T fallback, Function<String, T> parser) {
        if (!node.isPresent()) {
            return fallback;
        }
        if (node.kind() != Kind.STRING && node.kind() != Kind.NUMBER) {
            problems.add(node, described() + " is neither text nor number");
            return fallback;
        }
        try {
            return parser.apply(node.text());
        } catch (NaiadException e) {
            problems.add(node, e.what());
        } catch (ArithmeticException | NumberFormatException e) {
            problems.add(node, node.text() + " is out of range");
        }
        return fallback;
    }

    private String described() {
        return switch (node.kind()) {
            case OBJECT -> "an object";
            case LIST -> "a list";
            case STRING -> "\"" + node.text() + "\"";
            case NUMBER, BOOLEAN -> node.text();
            case NULL -> "null";
            case ABSENT -> "nothing";
        };
    }
}
