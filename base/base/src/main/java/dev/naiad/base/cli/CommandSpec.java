package dev.naiad.base.cli;

import dev.naiad.base.error.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The options, arguments and sub-commands of a command. Built once, in code; immutable.
 *
 * <pre>{@code
 * var spec = CommandSpec.builder(Style.CLAP, "nydusctl", "Talks to nydusd")
 *         .version("nydusctl 2.4.0")
 *         .option(Option.value("sock", "PATH", "Socket of the daemon").shortName('S').require())
 *         .command(CommandSpec.builder(Style.CLAP, "info", "Shows the daemon").build())
 *         .build();
 * return spec.run(context, args, line -> show(line.get("sock")));
 * }</pre>
 */
public final class CommandSpec {
    private final Style style;
    private final String name;
    private final String about;
    private final String version;
    private final String footer;
    private final List<Option> options;
    private final List<Positional> positionals;
    private final List<CommandSpec> commands;
    private final boolean commandRequired;
    private final boolean hidden;
    private final boolean freeArguments;

    private CommandSpec(Builder b) {
        this.style = b.style;
        this.name = b.name;
        this.about = b.about;
        this.version = b.version;
        this.footer = b.footer;
        this.options = List.copyOf(b.options);
        this.positionals = List.copyOf(b.positionals);
        this.commands = List.copyOf(b.commands);
        this.commandRequired = b.commandRequired;
        this.hidden = b.hidden;
        this.freeArguments = b.freeArguments;
    }

    /** Begins a description; {@code about} is one sentence. */
    public static Builder builder(Style style, String name, String about) {
        return new Builder(style, name, about);
    }

    /** Collects options, arguments and sub-commands. */
    public static final class Builder {
        private final Style style;
        private final String name;
        private final String about;
        private String version = "";
        private String footer = "";
        private final List<Option> options = new ArrayList<>();
        private final List<Positional> positionals = new ArrayList<>();
        private final List<CommandSpec> commands = new ArrayList<>();
        private boolean commandRequired;
        private boolean hidden;
        private boolean freeArguments;

        private Builder(Style style, String name, String about) {
            this.style = style;
            this.name = name;
            this.about = about;
        }

        /**
         * What {@code --version} prints, without the last line end. Without a version there is no
         * such option.
         */
        public Builder version(String text) {
            this.version = text;
            return this;
        }

        /** Text at the end of help. */
        public Builder footer(String text) {
            this.footer = text;
            return this;
        }

        /** Adds an option. */
        public Builder option(Option option) {
            options.add(option);
            return this;
        }

        /** Adds options. */
        public Builder options(List<Option> more) {
            options.addAll(more);
            return this;
        }

        /** Adds an argument without a name. */
        public Builder positional(Positional positional) {
            positionals.add(positional);
            return this;
        }

        /**
         * Takes any number of arguments; the program checks them (compat: Go programs ignore
         * surplus ones).
         */
        public Builder freeArguments() {
            this.freeArguments = true;
            return this;
        }

        /** Adds a sub-command. */
        public Builder command(CommandSpec command) {
            commands.add(command);
            return this;
        }

        /** One of the sub-commands must be named. */
        public Builder commandRequired() {
            this.commandRequired = true;
            return this;
        }

        /** The parent's help leaves this command out. */
        public Builder hidden() {
            this.hidden = true;
            return this;
        }

        /** The description. */
        public CommandSpec build() {
            return new CommandSpec(this);
        }
    }

    /** What to do with a parsed command line. */
    @FunctionalInterface
    public interface Action {
        /** Does it; returns the exit code. */
        int run(CommandLine line) throws Exception;
    }

    /** Parses; handles help, version and mistakes itself, otherwise runs {@code action}. */
    public int run(ProgramContext context, List<String> args, Action action) throws Exception {
        CommandLine line;
        try {
            switch (parse(args, context.env())) {
                case Parsed(CommandLine parsed) -> line = parsed;
                case Text(String text) -> {
                    context.out().println(text);
                    context.out().flush();
                    return ExitCode.OK;
                }
            }
            return action.run(line);
        } catch (UsageException e) {
            context.err().println(HelpText.mistake(this, args, e.what()));
            context.err().flush();
            return style.usageExitCode();
        }
    }

    /** The result of parsing. */
    public sealed interface Outcome permits Parsed, Text {}

    /** A command to run. */
    public record Parsed(CommandLine line) implements Outcome {}

    /** Help or version, to be printed; the program then ends with 0. */
    public record Text(String text) implements Outcome {}

    /**
     * Parses the arguments after the program's name.
     *
     * @throws UsageException if they are wrong
     */
    public Outcome parse(List<String> args, Map<String, String> env) {
        return new ArgumentParser(this, env).parse(args);
    }

    /** The parsed line, for callers that know help was not asked for. */
    public CommandLine parseLine(List<String> args, Map<String, String> env) {
        return switch (parse(args, env)) {
            case Parsed(CommandLine line) -> line;
            case Text(String text) -> throw new UsageException(text);
        };
    }

    /** The help text; {@code path} holds the names of the parents. */
    public String help(List<String> path) {
        return HelpText.of(this, path);
    }

    /** The conventions. */
    public Style style() {
        return style;
    }

    /** The command's name. */
    public String name() {
        return name;
    }

    /** One sentence. */
    public String about() {
        return about;
    }

    String version() {
        return version;
    }

    String footer() {
        return footer;
    }

    List<Option> options() {
        return options;
    }

    List<Positional> positionals() {
        return positionals;
    }

    List<CommandSpec> commands() {
        return commands;
    }

    boolean commandRequired() {
        return commandRequired;
    }

    boolean isHidden() {
        return hidden;
    }

    boolean takesFreeArguments() {
        return freeArguments;
    }

    Optional<Option> option(String longName) {
        return options.stream().filter(option -> option.isNamed(longName)).findFirst();
    }

    Optional<Option> shortOption(String letter) {
        return options.stream()
                .filter(option -> !letter.isEmpty() && option.shortName().equals(letter))
                .findFirst();
    }

    Optional<CommandSpec> command(String called) {
        return commands.stream().filter(c -> c.name.equals(called)).findFirst();
    }

    boolean knows(String option) {
        return options.stream().anyMatch(o -> o.name().equals(option));
    }

    /** This command with its parent's global options. */
    CommandSpec under(CommandSpec parent) {
        var b = builder(style, name, about).version(version).footer(footer).options(options);
        for (Option option : parent.options) {
            if (option.global() && !knows(option.name())) {
                b.option(option);
            }
        }
        b.positionals.addAll(positionals);
        b.commands.addAll(commands);
        b.commandRequired = commandRequired;
        b.hidden = hidden;
        b.freeArguments = freeArguments;
        return b.build();
    }
}
