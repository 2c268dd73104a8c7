package dev.naiad.base.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A parsed command line: options by their long names, arguments, and the sub-command's line if
 * there is one. Immutable.
 */
public final class CommandLine {
    private final CommandShape shape;
    private final Map<String, List<String>> given;
    private final Map<String, List<String>> fallback;
    private final List<String> arguments;
    private final @Nullable CommandLine sub;

    CommandLine(
            CommandShape shape,
            Map<String, List<String>> given,
            Map<String, List<String>> fallback,
            List<String> arguments,
            @Nullable CommandLine sub) {
        this.shape = shape;
        this.given = Map.copyOf(given);
        this.fallback = Map.copyOf(fallback);
        this.arguments = List.copyOf(arguments);
        this.sub = sub;
    }

    /** The command's name. */
    public String name() {
        return shape.name();
    }

    /** The command's help text; {@code path} holds the names of the parents. */
    public String help(List<String> path) {
        return HelpText.of(shape, path);
    }

    /** The sub-command's line. */
    public Optional<CommandLine> command() {
        return Optional.ofNullable(sub);
    }

    /**
     * Whether the option was given on the command line or in the environment; defaults do not
     * count.
     */
    public boolean given(String option) {
        return given.containsKey(check(option));
    }

    /** Whether a switch is on. */
    public boolean flag(String option) {
        return last(option).map(Boolean::parseBoolean).orElse(false);
    }

    /** The last value, or the default, if there is one. */
    public Optional<String> find(String option) {
        return last(option);
    }

    /**
     * The last value or the default.
     *
     * @throws UsageException if there is neither
     */
    public String get(String option) {
        return last(option).orElseThrow(() -> new UsageException("--" + option + " is required"));
    }

    /** All values, or the default. */
    public List<String> all(String option) {
        List<String> values = given.get(check(option));
        return values != null ? values : fallback.getOrDefault(option, List.of());
    }

    /** The value of a number option, checked while parsing. */
    public long number(String option) {
        String text = get(option);
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new UsageException(
                    "invalid value '" + text + "' for '--" + option + "': not a whole number");
        }
    }

    /** The arguments without names. */
    public List<String> arguments() {
        return arguments;
    }

    /** The argument at {@code index}, if there is one. */
    public Optional<String> argument(int index) {
        return index < arguments.size() ? Optional.of(arguments.get(index)) : Optional.empty();
    }

    private Optional<String> last(String option) {
        List<String> values = all(option);
        return values.isEmpty() ? Optional.empty() : Optional.of(values.getLast());
    }

    private String check(String option) {
        if (!shape.knows(option)) {
            throw new IllegalArgumentException(shape.name() + " declares no option " + option);
        }
        return option;
    }
}
