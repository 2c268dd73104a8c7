package dev.naiad.base.cli;

import dev.naiad.base.config.Suggestions;
import java.util.List;

/** Messages about wrong command lines, in the words of each style's library. */
record UsageMistakes(CommandShape shape) {
    UsageException unknownCommand(String word) {
        List<String> names = shape.commands().stream().map(CommandShape::name).toList();
        String tip = Suggestions.closest(word, names).orElse("");
        return new UsageException(
                switch (shape.style()) {
                    case CLAP ->
                            "unrecognized subcommand '"
                                    + word
                                    + "'"
                                    + (tip.isEmpty()
                                            ? ""
                                            : "\n\n  tip: a similar subcommand exists: '"
                                                    + tip
                                                    + "'");
                    case URFAVE ->
                            "No help topic for '"
                                    + word
                                    + "'"
                                    + Suggestions.didYouMean(word, names);
                    case COBRA ->
                            "unknown command \""
                                    + word
                                    + "\" for \""
                                    + shape.name()
                                    + "\""
                                    + Suggestions.didYouMean(word, names);
                });
    }

    UsageException unknownOption(String shown, String name) {
        List<String> names = shape.options().stream().flatMap(o -> o.longNames().stream()).toList();
        String tip = name.length() > 1 ? Suggestions.closest(name, names).orElse("") : "";
        return new UsageException(
                switch (shape.style()) {
                    case CLAP ->
                            "unexpected argument '"
                                    + shown
                                    + "' found"
                                    + (tip.isEmpty()
                                            ? ""
                                            : "\n\n  tip: a similar argument exists: '--"
                                                    + tip
                                                    + "'");
                    case URFAVE ->
                            "flag provided but not defined: -"
                                    + name
                                    + (tip.isEmpty() ? "" : "; did you mean --" + tip + "?");
                    case COBRA ->
                            (shown.startsWith("--")
                                            ? "unknown flag: " + shown
                                            : "unknown shorthand flag: '" + name + "'")
                                    + (tip.isEmpty() ? "" : "; did you mean --" + tip + "?");
                });
    }

    UsageException missing(List<String> names) {
        return new UsageException(
                switch (shape.style()) {
                    case CLAP ->
                            "the following required arguments were not provided:\n  "
                                    + String.join("\n  ", names);
                    case URFAVE ->
                            names.size() == 1
                                    ? "Required flag \"" + names.getFirst() + "\" not set"
                                    : "Required flags \"" + String.join(", ", names) + "\" not set";
                    case COBRA ->
                            "required flag(s) \"" + String.join("\", \"", names) + "\" not set";
                });
    }

    UsageException missingArgument(String name) {
        return new UsageException("the argument <" + name + "> is required");
    }

    UsageException valueTooMany(Option option, String attached) {
        return new UsageException(
                "unexpected value '"
                        + attached
                        + "' for '--"
                        + option.name()
                        + "' found; no more were expected");
    }

    UsageException valueNeeded(Option option) {
        return new UsageException(
                switch (shape.style()) {
                    case CLAP ->
                            "a value is required for '"
                                    + option.display()
                                    + "' but none was supplied";
                    case URFAVE -> "flag needs an argument: -" + option.name();
                    case COBRA -> "flag needs an argument: --" + option.name();
                });
    }
}
