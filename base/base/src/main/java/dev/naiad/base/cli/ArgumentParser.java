package dev.naiad.base.cli;

import dev.naiad.base.config.Suggestions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Parses one command's arguments; a sub-command gets a parser of its own. For one use. */
final class ArgumentParser {
    private final CommandSpec spec;
    private final Map<String, String> env;
    private final List<String> path;
    private final Map<String, List<String>> given = new LinkedHashMap<>();
    private final List<String> arguments = new ArrayList<>();

    // The innermost command that was named; set before its arguments are parsed, for the help
    // option.
    private @Nullable CommandLine sub;

    ArgumentParser(CommandSpec spec, Map<String, String> env) {
        this(spec, env, List.of());
    }

    private ArgumentParser(CommandSpec spec, Map<String, String> env, List<String> path) {
        this.spec = spec;
        this.env = env;
        this.path = path;
    }

    CommandSpec.Outcome parse(List<String> args) {
        int at = 0;
        while (at < args.size()) {
            String arg = args.get(at);
            if (arg.equals("--")) {
                arguments.addAll(args.subList(at + 1, args.size()));
                break;
            }
            if (arg.length() > 1 && arg.startsWith("-")) {
                Optional<String> text = informative(arg);
                if (text.isPresent()) {
                    return new CommandSpec.Text(text.get());
                }
                at = option(args, at);
                continue;
            }
            Optional<CommandSpec> command =
                    arguments.isEmpty() && !spec.commands().isEmpty()
                            ? spec.command(arg)
                            : Optional.empty();
            if (command.isPresent()) {
                CommandSpec.Outcome outcome =
                        subCommand(command.get(), args.subList(at + 1, args.size()));
                if (outcome instanceof CommandSpec.Parsed(CommandLine line)) {
                    sub = line;
                    break;
                }
                return outcome;
            }
            if (!spec.commands().isEmpty() && arg.equals("help")) {
                return helpFor(args.subList(at + 1, args.size()));
            }
            if (!spec.commands().isEmpty()
                    && spec.positionals().isEmpty()
                    && !spec.takesFreeArguments()) {
                throw new UsageException(unknownCommand(arg));
            }
            if (spec.style() == Style.URFAVE) {
                arguments.addAll(args.subList(at, args.size()));
                break;
            }
            arguments.add(arg);
            at++;
        }
        return new CommandSpec.Parsed(finish());
    }

    private CommandSpec.Outcome subCommand(CommandSpec command, List<String> args) {
        var parser = new ArgumentParser(command.under(spec), env, pathOf());
        for (Option option : spec.options()) {
            List<String> values = given.get(option.name());
            if (option.global() && values != null) {
                parser.given.put(option.name(), new ArrayList<>(values));
            }
        }
        CommandSpec.Outcome outcome = parser.parse(args);
        for (Option option : spec.options()) {
            List<String> values = parser.given.get(option.name());
            if (option.global() && values != null) {
                given.put(option.name(), values);
            }
        }
        return outcome;
    }

    private List<String> pathOf() {
        var longer = new ArrayList<>(path);
        longer.add(spec.name());
        return longer;
    }

    private CommandSpec.Outcome helpFor(List<String> names) {
        CommandSpec at = spec;
        var parents = new ArrayList<>(path);
        for (String name : names) {
            parents.add(at.name());
            CommandSpec parent = at;
            at =
                    at.command(name)
                            .orElseThrow(() -> new UsageException(unknownCommand(name)))
                            .under(parent);
        }
        return new CommandSpec.Text(at.help(parents));
    }

    private String unknownCommand(String word) {
        List<String> names = spec.commands().stream().map(CommandSpec::name).toList();
        String tip = Suggestions.closest(word, names).orElse("");
        return switch (spec.style()) {
            case CLAP ->
                    "unrecognized subcommand '"
                            + word
                            + "'"
                            + (tip.isEmpty()
                                    ? ""
                                    : "\n\n  tip: a similar subcommand exists: '" + tip + "'");
            case URFAVE -> "No help topic for '" + word + "'" + Suggestions.didYouMean(word, names);
            case COBRA ->
                    "unknown command \""
                            + word
                            + "\" for \""
                            + spec.name()
                            + "\""
                            + Suggestions.didYouMean(word, names);
        };
    }

    /** Help or version, unless the command has an option of its own by that name. */
    private Optional<String> informative(String arg) {
        boolean goLong = spec.style() == Style.URFAVE;
        if ((arg.equals("--help") || arg.equals("-h") || (goLong && arg.equals("-help")))
                && byName(arg).isEmpty()) {
            return Optional.of(spec.help(path));
        }
        String shortVersion = spec.style() == Style.CLAP ? "-V" : "-v";
        if (!spec.version().isEmpty()
                && (arg.equals("--version")
                        || arg.equals(shortVersion)
                        || (goLong && arg.equals("-version")))
                && byName(arg).isEmpty()) {
            return Optional.of(spec.version());
        }
        return Optional.empty();
    }

    private Optional<Option> byName(String arg) {
        String name = arg.startsWith("--") ? arg.substring(2) : arg.substring(1);
        return arg.startsWith("--") ? longOption(name) : shortOption(name);
    }

    private Optional<Option> longOption(String name) {
        return spec.options().stream().filter(o -> o.isNamed(name)).findFirst();
    }

    private Optional<Option> shortOption(String letter) {
        return spec.options().stream()
                .filter(o -> !o.shortName().isEmpty() && o.shortName().equals(letter))
                .findFirst();
    }

    /** Takes the option at {@code at} and answers where the next argument stands. */
    private int option(List<String> args, int at) {
        String arg = args.get(at);
        if (arg.startsWith("--")) {
            return longOption(args, at, arg.substring(2));
        }
        if (spec.style() == Style.URFAVE) {
            String body = arg.substring(1);
            int equals = body.indexOf('=');
            String name = equals < 0 ? body : body.substring(0, equals);
            Optional<Option> option = shortOption(name).or(() -> longOption(name));
            return take(
                    option.orElseThrow(() -> unknown(arg, name)),
                    equals < 0 ? null : body.substring(equals + 1),
                    args,
                    at);
        }
        return shortOptions(args, at, arg.substring(1));
    }

    private int longOption(List<String> args, int at, String body) {
        int equals = body.indexOf('=');
        String name = equals < 0 ? body : body.substring(0, equals);
        Optional<Option> option = longOption(name);
        if (option.isEmpty() && spec.style() == Style.URFAVE) {
            option = shortOption(name);
        }
        String value = equals < 0 ? null : body.substring(equals + 1);
        return take(option.orElseThrow(() -> unknown("--" + name, name)), value, args, at);
    }

    private int shortOptions(List<String> args, int at, String letters) {
        for (int i = 0; i < letters.length(); i++) {
            String letter = letters.substring(i, i + 1);
            Option option = shortOption(letter).orElseThrow(() -> unknown("-" + letter, letter));
            String rest = letters.substring(i + 1);
            if (option.takesValue()) {
                String value = rest.startsWith("=") ? rest.substring(1) : rest;
                return take(option, rest.isEmpty() ? null : value, args, at);
            }
            if (rest.startsWith("=")) {
                return take(option, rest.substring(1), args, at);
            }
            set(option, "true");
        }
        return at + 1;
    }

    private int take(Option option, @Nullable String attached, List<String> args, int at) {
        if (!option.takesValue()) {
            if (attached == null) {
                set(option, "true");
                return at + 1;
            }
            if (spec.style() == Style.CLAP) {
                throw new UsageException(
                        "unexpected value '"
                                + attached
                                + "' for '--"
                                + option.name()
                                + "' found; no more were expected");
            }
            set(option, truth(option, attached));
            return at + 1;
        }
        if (attached != null) {
            set(option, attached);
            return at + 1;
        }
        // clap refuses what looks like another option as a value; Go takes it.
        boolean refused =
                spec.style() == Style.CLAP
                        && at + 1 < args.size()
                        && args.get(at + 1).length() > 1
                        && args.get(at + 1).startsWith("-")
                        && !args.get(at + 1).matches("-[0-9.]+");
        if (at + 1 >= args.size() || refused) {
            throw new UsageException(
                    switch (spec.style()) {
                        case CLAP ->
                                "a value is required for '"
                                        + option.display()
                                        + "' but none was supplied";
                        case URFAVE -> "flag needs an argument: -" + option.name();
                        case COBRA -> "flag needs an argument: --" + option.name();
                    });
        }
        set(option, args.get(at + 1));
        return at + 2;
    }

    private String truth(Option option, String text) {
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

    private void set(Option option, String value) {
        List<String> values = given.computeIfAbsent(option.name(), n -> new ArrayList<>());
        if (!option.repeated() && !values.isEmpty()) {
            if (spec.style() == Style.CLAP && !option.global()) {
                throw new UsageException(
                        "the argument '" + option.display() + "' cannot be used multiple times");
            }
            values.clear();
        }
        for (String one : option.commas() ? Arrays.asList(value.split(",", -1)) : List.of(value)) {
            values.add(checked(option, one));
        }
    }

    private String checked(Option option, String value) {
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

    private UsageException unknown(String shown, String name) {
        List<String> names = spec.options().stream().flatMap(o -> o.longNames().stream()).toList();
        String tip = name.length() > 1 ? Suggestions.closest(name, names).orElse("") : "";
        return new UsageException(
                switch (spec.style()) {
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

    private CommandLine finish() {
        for (Option option : spec.options()) {
            for (String variable : option.env()) {
                String value = env.get(variable);
                if (value != null && !value.isEmpty() && !given.containsKey(option.name())) {
                    set(option, option.takesValue() ? value : truth(option, value));
                }
            }
        }
        Map<String, List<String>> defaults = new LinkedHashMap<>();
        for (Option option : spec.options()) {
            if (option.hasDefault()) {
                defaults.put(option.name(), List.of(option.defaultValue()));
            }
        }
        check(sub == null);
        return new CommandLine(spec, given, defaults, arguments, sub);
    }

    private void check(boolean innermost) {
        var missing = new ArrayList<String>();
        for (Option option : spec.options()) {
            boolean there = given.containsKey(option.name());
            if (option.required() && !there) {
                missing.add(spec.style() == Style.CLAP ? option.display() : option.name());
            }
            if (there) {
                checkCompany(option);
            }
        }
        int wanted = 0;
        boolean rest = false;
        for (Positional positional : spec.positionals()) {
            rest |= positional.repeated();
            if (innermost && positional.required() && wanted >= arguments.size()) {
                missing.add("<" + positional.name() + ">");
            }
            wanted++;
        }
        if (!missing.isEmpty()) {
            throw new UsageException(missing(missing));
        }
        if (innermost && spec.commandRequired()) {
            throw new UsageException(
                    "'" + spec.name() + "' requires a subcommand but one was not provided");
        }
        if (!rest && !spec.takesFreeArguments() && arguments.size() > wanted) {
            throw new UsageException("unexpected argument '" + arguments.get(wanted) + "' found");
        }
    }

    private void checkCompany(Option option) {
        for (String other : option.conflicts()) {
            if (given.containsKey(other)) {
                throw new UsageException(
                        "the argument '"
                                + option.display()
                                + "' cannot be used with '"
                                + displayOf(other)
                                + "'");
            }
        }
        for (String other : option.requires()) {
            if (!given.containsKey(other)) {
                throw new UsageException(missing(List.of(displayOf(other))));
            }
        }
    }

    private String displayOf(String name) {
        return longOption(name).map(Option::display).orElse("--" + name);
    }

    private String missing(List<String> names) {
        return switch (spec.style()) {
            case CLAP ->
                    "the following required arguments were not provided:\n  "
                            + String.join("\n  ", names);
            case URFAVE ->
                    names.size() == 1
                            ? "Required flag \"" + names.getFirst() + "\" not set"
                            : "Required flags \"" + String.join(", ", names) + "\" not set";
            case COBRA -> "required flag(s) \"" + String.join("\", \"", names) + "\" not set";
        };
    }
}
