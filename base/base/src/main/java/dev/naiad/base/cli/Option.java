package dev.naiad.base.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * One option of a command. Immutable; each method returns a changed copy.
 *
 * @param name the long name without dashes
 * @param shortName one letter, or empty
 * @param aliases other long names, not shown in help
 * @param valueName what help shows for the value; empty for a switch
 * @param help one sentence
 * @param defaultValue used if neither the command line nor the environment gives one; empty for
 *     none
 * @param hasDefault whether {@code defaultValue} counts
 * @param env names of environment variables that give a value, the first one set counts
 * @param choices the only values allowed; empty for any
 * @param min smallest number allowed, with {@code max}; any text if {@code min > max}
 * @param max largest number allowed
 * @param required whether it must be given
 * @param repeated whether each use adds a value (commas do not separate values)
 * @param commas whether commas separate values
 * @param global whether sub-commands take it as well
 * @param hidden whether help leaves it out
 * @param conflicts names of options it cannot be combined with
 * @param requires names of options that must be given with it
 */
public record Option(
        String name,
        String shortName,
        List<String> aliases,
        String valueName,
        String help,
        String defaultValue,
        boolean hasDefault,
        List<String> env,
        List<String> choices,
        long min,
        long max,
        boolean required,
        boolean repeated,
        boolean commas,
        boolean global,
        boolean hidden,
        List<String> conflicts,
        List<String> requires) {

    /** Copies the lists. */
    public Option {
        aliases = List.copyOf(aliases);
        env = List.copyOf(env);
        choices = List.copyOf(choices);
        conflicts = List.copyOf(conflicts);
        requires = List.copyOf(requires);
    }

    /** A switch: given or not. */
    public static Option flag(String name, String help) {
        return new Option(
                name, "", List.of(), "", help, "", false, List.of(), List.of(), 1, 0, false, false,
                false, false, false, List.of(), List.of());
    }

    /** An option with a value. */
    public static Option value(String name, String valueName, String help) {
        return flag(name, help).copy(c -> c.valueName = valueName);
    }

    /** An option whose value is a whole number within {@code min..max}. */
    public static Option number(String name, String valueName, String help, long min, long max) {
        return value(name, valueName, help)
                .copy(
                        c -> {
                            c.min = min;
                            c.max = max;
                        });
    }

    /** With a short name. */
    public Option shortName(char letter) {
        return copy(c -> c.shortName = String.valueOf(letter));
    }

    /** With further long names. */
    public Option aliases(String... names) {
        return copy(c -> c.aliases = List.of(names));
    }

    /** With a value for when none is given. */
    public Option defaultValue(String value) {
        return copy(
                c -> {
                    c.defaultValue = value;
                    c.hasDefault = true;
                });
    }

    /** With environment variables as a source. */
    public Option env(String... names) {
        return copy(c -> c.env = List.of(names));
    }

    /** With the only values allowed. */
    public Option choices(String... values) {
        return copy(c -> c.choices = List.of(values));
    }

    /** Must be given. */
    public Option require() {
        return copy(c -> c.required = true);
    }

    /** May be given more than once. */
    public Option repeat() {
        return copy(c -> c.repeated = true);
    }

    /** Commas separate values; it may also be given more than once. */
    public Option commaList() {
        return copy(
                c -> {
                    c.repeated = true;
                    c.commas = true;
                });
    }

    /** Sub-commands take it as well. */
    public Option everywhere() {
        return copy(c -> c.global = true);
    }

    /** Help leaves it out. */
    public Option hide() {
        return copy(c -> c.hidden = true);
    }

    /** Cannot be combined with others. */
    public Option conflictsWith(String... names) {
        return copy(c -> c.conflicts = List.of(names));
    }

    /** Only together with others. */
    public Option requires(String... names) {
        return copy(c -> c.requires = List.of(names));
    }

    /** Whether it takes a value. */
    public boolean takesValue() {
        return !valueName.isEmpty();
    }

    /** Whether {@code long} is one of its long names. */
    boolean isNamed(String longName) {
        return name.equals(longName) || aliases.contains(longName);
    }

    List<String> longNames() {
        var names = new ArrayList<String>();
        names.add(name);
        names.addAll(aliases);
        return names;
    }

    /** {@code --name <VALUE>}. */
    String display() {
        return "--" + name + (takesValue() ? " <" + valueName + ">" : "");
    }

    private Option copy(java.util.function.Consumer<Draft> change) {
        var draft = new Draft(this);
        change.accept(draft);
        return draft.option();
    }

    private static final class Draft {
        private final Option from;
        String shortName;
        List<String> aliases;
        String valueName;
        String defaultValue;
        boolean hasDefault;
        List<String> env;
        List<String> choices;
        long min;
        long max;
        boolean required;
        boolean repeated;
        boolean commas;
        boolean global;
        boolean hidden;
        List<String> conflicts;
        List<String> requires;

        Draft(Option from) {
            this.from = from;
            shortName = from.shortName;
            aliases = from.aliases;
            valueName = from.valueName;
            defaultValue = from.defaultValue;
            hasDefault = from.hasDefault;
            env = from.env;
            choices = from.choices;
            min = from.min;
            max = from.max;
            required = from.required;
            repeated = from.repeated;
            commas = from.commas;
            global = from.global;
            hidden = from.hidden;
            conflicts = from.conflicts;
            requires = from.requires;
        }

        Option option() {
            return new Option(
                    from.name,
                    shortName,
                    aliases,
                    valueName,
                    from.help,
                    defaultValue,
                    hasDefault,
                    env,
                    choices,
                    min,
                    max,
                    required,
                    repeated,
                    commas,
                    global,
                    hidden,
                    conflicts,
                    requires);
        }
    }
}
