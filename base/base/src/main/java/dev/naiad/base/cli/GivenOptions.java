package dev.naiad.base.cli;

import dev.naiad.base.config.Suggestions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The options that one command was given, each value checked as it comes. */
final class GivenOptions {
    private final CommandShape shape;
    private final UsageMistakes mistakes;
    private final Map<String, List<String>> values = new LinkedHashMap<>();

    GivenOptions(CommandShape shape, UsageMistakes mistakes) {
        this.shape = shape;
        this.mistakes = mistakes;
    }

    /** The values by the option's name. */
    Map<String, List<String>> values() {
        return values;
    }

    /** Takes the values that {@code other} has for this command's global options. */
    void inherit(CommandShape shared, GivenOptions other) {
        for (Option option : shared.options()) {
            List<String> held = other.values.get(option.name());
            if (option.global() && held != null) {
                values.put(option.name(), new ArrayList<>(held));
            }
        }
    }

    void set(Option option, String value) {
        List<String> held = values.computeIfAbsent(option.name(), n -> new ArrayList<>());
        if (!option.repeated() && !held.isEmpty()) {
            if (shape.style() == Style.CLAP && !option.global()) {
                throw new UsageException(
                        "the argument '" + option.display() + "' cannot be used multiple times");
            }
            held.clear();
        }
        for (String one : option.commas() ? Arrays.asList(value.split(",", -1)) : List.of(value)) {
            held.add(checked(option, one));
        }
    }

    /** Sets a flag from a text such as {@code t} or {@code False}. */
    void setTruth(Option option, String text) {
        set(option, truth(option, text));
    }

    private static String truth(Option option, String text) {
        return switch (text) {
            case "1", "t", "T", "true", "TRUE", "True" -> "true";
            case "0", "f", "F", "false", "FALSE", "False" -> "false";
            default ->
                    throw new UsageException(
                            "invalid boolean value \""
                                    + text
                                    + "\" for -"
                                    + option.name()
                                    + ": parse error");
        };
    }

    private static String checked(Option option, String value) {
        if (!option.choices().isEmpty() && !option.choices().contains(value)) {
            String tip =
                    Suggestions.closest(value, option.choices())
                            .map(c -> "\n\n  tip: a similar value exists: '" + c + "'")
                            .orElse("");
            throw new UsageException(
                    "invalid value '"
                            + value
                            + "' for '"
                            + option.display()
                            + "'\n  [possible values: "
                            + String.join(", ", option.choices())
                            + "]"
                            + tip);
        }
        if (option.min() <= option.max()) {
            long number;
            try {
                number = Long.parseLong(value);
            } catch (NumberFormatException e) {
                throw new UsageException(
                        "invalid value '"
                                + value
                                + "' for '"
                                + option.display()
                                + "': invalid digit found in string");
            }
            if (number < option.min() || number > option.max()) {
                throw new UsageException(
                        "invalid value '"
                                + value
                                + "' for '"
                                + option.display()
                                + "': "
                                + value
                                + " is not in "
                                + option.min()
                                + ".."
                                + option.max());
            }
        }
        return value;
    }

    /** Options that were not given take the value of their variable, if it has one. */
    void fillFrom(Map<String, String> env) {
        for (Option option : shape.options()) {
            for (String variable : option.env()) {
                String value = env.get(variable);
                if (value != null && !value.isEmpty() && !values.containsKey(option.name())) {
                    set(option, option.takesValue() ? value : truth(option, value));
                }
            }
        }
    }

    /** The defaults of the command's options. */
    Map<String, List<String>> defaults() {
        Map<String, List<String>> defaults = new LinkedHashMap<>();
        for (Option option : shape.options()) {
            if (option.hasDefault()) {
                defaults.put(option.name(), List.of(option.defaultValue()));
            }
        }
        return defaults;
    }

    /** Checks conflicts and dependencies; returns the options that are missing. */
    List<String> missing() {
        var missing = new ArrayList<String>();
        for (Option option : shape.options()) {
            boolean there = values.containsKey(option.name());
            if (option.required() && !there) {
                missing.add(shape.style() == Style.CLAP ? option.display() : option.name());
            }
            if (there) {
                checkCompany(option);
            }
        }
        return missing;
    }

    private void checkCompany(Option option) {
        for (String other : option.conflicts()) {
            if (values.containsKey(other)) {
                throw new UsageException(
                        "the argument '"
                                + option.display()
                                + "' cannot be used with '"
                                + displayOf(other)
                                + "'");
            }
        }
        for (String other : option.requires()) {
            if (!values.containsKey(other)) {
                throw mistakes.missing(List.of(displayOf(other)));
            }
        }
    }

    private String displayOf(String name) {
        return shape.option(name).map(Option::display).orElse("--" + name);
    }
}
