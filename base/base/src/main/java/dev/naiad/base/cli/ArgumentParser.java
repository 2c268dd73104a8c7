package dev.naiad.base.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Parses one command's arguments; a sub-command gets a parser of its own. For one use. */
final class ArgumentParser {
    private final CommandShape shape;
    private final Map<String, String> env;
    private final List<String> path;
    private final UsageMistakes mistakes;
    private final GivenOptions given;
    private final List<String> arguments = new ArrayList<>();

    // The innermost command that was named; set before its arguments are parsed, for the help
    // option.
    private @Nullable CommandLine sub;

    ArgumentParser(CommandShape shape, Map<String, String> env) {
        this(shape, env, List.of());
    }

    private ArgumentParser(CommandShape shape, Map<String, String> env, List<String> path) {
        this.shape = shape;
        this.env = env;
        this.path = path;
        this.mistakes = new UsageMistakes(shape);
        this.given = new GivenOptions(shape, mistakes);
    }

    ParseOutcome parse(List<String> args) {
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
                    return new ParseOutcome.Text(text.get());
                }
                at = option(args, at);
                continue;
            }
            Optional<CommandShape> command =
                    arguments.isEmpty() && !shape.commands().isEmpty()
                            ? shape.command(arg)
                            : Optional.empty();
            if (command.isPresent()) {
                ParseOutcome outcome = subCommand(command.get(), args.subList(at + 1, args.size()));
                if (outcome instanceof ParseOutcome.Parsed(CommandLine line)) {
                    sub = line;
                    break;
                }
                return outcome;
            }
            if (!shape.commands().isEmpty() && arg.equals("help")) {
                return helpFor(args.subList(at + 1, args.size()));
            }
            if (!shape.commands().isEmpty()
                    && shape.positionals().isEmpty()
                    && !shape.freeArguments()) {
                throw mistakes.unknownCommand(arg);
            }
            if (shape.style() == Style.URFAVE) {
                arguments.addAll(args.subList(at, args.size()));
                break;
            }
            arguments.add(arg);
            at++;
        }
        return new ParseOutcome.Parsed(finish());
    }

    private ParseOutcome subCommand(CommandShape command, List<String> args) {
        var parser = new ArgumentParser(command.under(shape), env, pathOf());
        parser.given.inherit(shape, given);
        ParseOutcome outcome = parser.parse(args);
        given.inherit(shape, parser.given);
        return outcome;
    }

    private List<String> pathOf() {
        var longer = new ArrayList<>(path);
        longer.add(shape.name());
        return longer;
    }

    private ParseOutcome helpFor(List<String> names) {
        CommandShape at = shape;
        var parents = new ArrayList<>(path);
        for (String name : names) {
            parents.add(at.name());
            CommandShape parent = at;
            at = at.command(name).orElseThrow(() -> mistakes.unknownCommand(name)).under(parent);
        }
        return new ParseOutcome.Text(HelpText.of(at, parents));
    }

    /** Help or version, unless the command has an option of its own by that name. */
    private Optional<String> informative(String arg) {
        boolean goLong = shape.style() == Style.URFAVE;
        if ((arg.equals("--help") || arg.equals("-h") || (goLong && arg.equals("-help")))
                && byName(arg).isEmpty()) {
            return Optional.of(HelpText.of(shape, path));
        }
        String shortVersion = shape.style() == Style.CLAP ? "-V" : "-v";
        if (!shape.version().isEmpty()
                && (arg.equals("--version")
                        || arg.equals(shortVersion)
                        || (goLong && arg.equals("-version")))
                && byName(arg).isEmpty()) {
            return Optional.of(shape.version());
        }
        return Optional.empty();
    }

    private Optional<Option> byName(String arg) {
        return arg.startsWith("--")
                ? shape.option(arg.substring(2))
                : shape.shortOption(arg.substring(1));
    }

    /** Takes the option at {@code at}; returns the index of the next argument. */
    private int option(List<String> args, int at) {
        String arg = args.get(at);
        if (arg.startsWith("--")) {
            return longOption(args, at, arg.substring(2));
        }
        if (shape.style() == Style.URFAVE) {
            String body = arg.substring(1);
            int equals = body.indexOf('=');
            String name = equals < 0 ? body : body.substring(0, equals);
            Optional<Option> option = shape.shortOption(name).or(() -> shape.option(name));
            return take(
                    option.orElseThrow(() -> mistakes.unknownOption(arg, name)),
                    equals < 0 ? null : body.substring(equals + 1),
                    args,
                    at);
        }
        return shortOptions(args, at, arg.substring(1));
    }

    private int longOption(List<String> args, int at, String body) {
        int equals = body.indexOf('=');
        String name = equals < 0 ? body : body.substring(0, equals);
        Optional<Option> option = shape.option(name);
        if (option.isEmpty() && shape.style() == Style.URFAVE) {
            option = shape.shortOption(name);
        }
        String value = equals < 0 ? null : body.substring(equals + 1);
        return take(
                option.orElseThrow(() -> mistakes.unknownOption("--" + name, name)),
                value,
                args,
                at);
    }

    private int shortOptions(List<String> args, int at, String letters) {
        for (int i = 0; i < letters.length(); i++) {
            String letter = letters.substring(i, i + 1);
            Option option =
                    shape.shortOption(letter)
                            .orElseThrow(() -> mistakes.unknownOption("-" + letter, letter));
            String rest = letters.substring(i + 1);
            if (option.takesValue()) {
                String value = rest.startsWith("=") ? rest.substring(1) : rest;
                return take(option, rest.isEmpty() ? null : value, args, at);
            }
            if (rest.startsWith("=")) {
                return take(option, rest.substring(1), args, at);
            }
            given.set(option, "true");
        }
        return at + 1;
    }

    private int take(Option option, @Nullable String attached, List<String> args, int at) {
        if (!option.takesValue()) {
            if (attached == null) {
                given.set(option, "true");
                return at + 1;
            }
            if (shape.style() == Style.CLAP) {
                throw mistakes.valueTooMany(option, attached);
            }
            given.setTruth(option, attached);
            return at + 1;
        }
        if (attached != null) {
            given.set(option, attached);
            return at + 1;
        }
        // clap refuses a value that looks like another option; Go takes it.
        boolean refused =
                shape.style() == Style.CLAP
                        && at + 1 < args.size()
                        && args.get(at + 1).length() > 1
                        && args.get(at + 1).startsWith("-")
                        && !args.get(at + 1).matches("-[0-9.]+");
        if (at + 1 >= args.size() || refused) {
            throw mistakes.valueNeeded(option);
        }
        given.set(option, args.get(at + 1));
        return at + 2;
    }

    private CommandLine finish() {
        given.fillFrom(env);
        boolean innermost = sub == null;
        List<String> missing = given.missing();
        var lacking = new ArrayList<String>();
        int wanted = 0;
        boolean rest = false;
        for (Positional positional : shape.positionals()) {
            rest |= positional.repeated();
            if (innermost && positional.required() && wanted >= arguments.size()) {
                lacking.add(positional.name());
            }
            wanted++;
        }
        if (shape.style() == Style.CLAP) { // which names all that lacks at once
            lacking.forEach(name -> missing.add("<" + name + ">"));
        }
        if (!missing.isEmpty()) {
            throw mistakes.missing(missing);
        }
        if (!lacking.isEmpty()) {
            throw mistakes.missingArgument(lacking.getFirst());
        }
        if (innermost && shape.commandRequired()) {
            throw new UsageException(
                    "'" + shape.name() + "' requires a subcommand but one was not provided");
        }
        if (!rest && !shape.freeArguments() && arguments.size() > wanted) {
            throw new UsageException("unexpected argument '" + arguments.get(wanted) + "' found");
        }
        return new CommandLine(shape, given.values(), given.defaults(), arguments, sub);
    }
}
