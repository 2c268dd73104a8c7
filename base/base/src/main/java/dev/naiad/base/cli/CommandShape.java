package dev.naiad.base.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a command line of a command looks like: the data of a {@link CommandSpec}, for those who
 * parse and describe it.
 *
 * @param about one sentence
 * @param version what {@code --version} prints; "" for no such option
 * @param footer at the end of help, or ""
 * @param hidden the parent's help leaves this command out
 * @param freeArguments any number of arguments without names is taken
 */
record CommandShape(
        Style style,
        String name,
        String about,
        String version,
        String footer,
        List<Option> options,
        List<Positional> positionals,
        List<CommandShape> commands,
        boolean commandRequired,
        boolean hidden,
        boolean freeArguments) {
    CommandShape {
        options = List.copyOf(options);
        positionals = List.copyOf(positionals);
        commands = List.copyOf(commands);
    }

    Optional<Option> option(String longName) {
        return options.stream().filter(option -> option.isNamed(longName)).findFirst();
    }

    Optional<Option> shortOption(String letter) {
        return options.stream()
                .filter(option -> !letter.isEmpty() && option.shortName().equals(letter))
                .findFirst();
    }

    Optional<CommandShape> command(String called) {
        return commands.stream().filter(c -> c.name.equals(called)).findFirst();
    }

    boolean knows(String option) {
        return options.stream().anyMatch(o -> o.name().equals(option));
    }

    /** This command with its parent's global options. */
    CommandShape under(CommandShape parent) {
        var all = new ArrayList<>(options);
        for (Option option : parent.options) {
            if (option.global() && !knows(option.name())) {
                all.add(option);
            }
        }
        return new CommandShape(
                style,
                name,
                about,
                version,
                footer,
                all,
                positionals,
                commands,
                commandRequired,
                hidden,
                freeArguments);
    }
}
