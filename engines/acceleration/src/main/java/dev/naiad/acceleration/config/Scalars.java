package dev.naiad.acceleration.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.Suggestions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values of a file in which texts may stand without quotes: {@code port: 2077} is a text too. */
final class Scalars {
    private final Problems problems;
    private final List<String> unknown = new ArrayList<>();

    Scalars(Problems problems) {
        this.problems = problems;
    }

    Problems problems() {
        return problems;
    }

    /** What was said about keys that nobody knows. */
    List<String> unknown() {
        return List.copyOf(unknown);
    }

    /** The text of a scalar; the fallback if there is none. */
    String text(ConfigNode node, String fallback) {
        return switch (node.kind()) {
            case ABSENT, NULL -> fallback;
            case STRING, NUMBER, BOOLEAN -> node.text();
            case OBJECT, LIST -> {
                problems.add(node, "is not a text");
                yield fallback;
            }
        };
    }

    boolean flag(ConfigNode node) {
        return flag(node, text(node, "false"));
    }

    /** As Go reads truth values. */
    boolean flag(ConfigNode node, String text) {
        return switch (text) {
            case "true", "True", "TRUE", "t", "T", "1" -> true;
            case "false", "False", "FALSE", "f", "F", "0", "" -> false;
            default -> {
                problems.add(node, "\"" + text + "\" is neither true nor false");
                yield false;
            }
        };
    }

    long number(ConfigNode node, long fallback, long min, long max) {
        String text = text(node, "");
        if (text.isEmpty()) {
            return fallback;
        }
        try {
            long value = Long.decode(text);
            if (value < min || value > max) {
                problems.add(node, value + " is outside " + min + ".." + max);
            }
            return value;
        } catch (NumberFormatException e) {
            problems.add(node, "\"" + text + "\" is not a whole number");
            return fallback;
        }
    }

    /** The scalars of an object by key, in order. */
    Map<String, String> map(ConfigNode node) {
        var result = new LinkedHashMap<String, String>();
        node.entries().forEach((key, value) -> result.put(key, text(value, "")));
        return result;
    }

    /** compat: unknown keys are ignored; they are named, since they are mostly slips. */
    void known(ConfigNode node, String... keys) {
        List<String> names = Arrays.asList(keys);
        node.entries()
                .forEach(
                        (key, value) -> {
                            if (!names.contains(key)) {
                                unknown.add(
                                        value.path()
                                                + ": unknown key, ignored"
                                                + Suggestions.didYouMean(key, names)
                                                + " ("
                                                + value.file()
                                                + ")");
                            }
                        });
    }
}
