package dev.naiad.base.cli;

import dev.naiad.base.error.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
    private final CommandShape shape;

    private CommandSpec(CommandShape shape) {
        this.shape = shape;
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
        private final List<CommandShape> commands = new ArrayList<>();
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
            commands.add(command.shape);
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
            return new CommandSpec(
                    new CommandShape(
                            style,
                            name,
                            about,
                            version,
                            footer,
                            options,
                            positionals,
                            commands,
                            commandRequired,
                            hidden,
                            freeArguments));
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
                case ParseOutcome.Parsed(CommandLine parsed) -> line = parsed;
                case ParseOutcome.Text(String text) -> {
                    context.out().println(text);
                    context.out().flush();
                    return ExitCode.OK;
                }
            }
            return action.run(line);
        } catch (UsageException e) {
            context.err().println(HelpText.mistake(shape, args, e.what()));
            context.err().flush();
            return shape.style().usageExitCode();
        }
    }

    /**
     * Parses the arguments after the program's name.
     *
     * @throws UsageException if they are wrong
     */
    public ParseOutcome parse(List<String> args, Map<String, String> env) {
        return new ArgumentParser(shape, env).parse(args);
    }

    /** The parsed line, for callers that know help was not asked for. */
    public CommandLine parseLine(List<String> args, Map<String, String> env) {
        return switch (parse(args, env)) {
            case ParseOutcome.Parsed(CommandLine line) -> line;
            case ParseOutcome.Text(String text) -> throw new UsageException(text);
        };
    }

    /** The help text; {@code path} holds the names of the parents. */
    public String help(List<String> path) {
        return HelpText.of(shape, path);
    }

    /** The conventions. */
    public Style style() {
        return shape.style();
    }

    /** The command's name. */
    public String name() {
        return shape.name();
    }

    /** One sentence. */
    public String about() {
        return shape.about();
    }
}
