package dev.naiad.base.cli;

import java.util.ArrayList;
import java.util.List;

/** Help and error texts in the layout of the three libraries. */
final class HelpText {
    private HelpText() {}

    private record Row(String left, String right) {}

    static String of(CommandSpec spec, List<String> path) {
        return switch (spec.style()) {
            case CLAP -> clap(spec, path);
            case URFAVE -> urfave(spec, path);
            case COBRA -> cobra(spec, path);
        };
    }

    /** What goes to stderr for a wrong command line. */
    static String mistake(CommandSpec root, List<String> args, String message) {
        var path = new ArrayList<String>();
        CommandSpec spec = root;
        for (String arg : args) {
            CommandSpec parent = spec;
            var next = parent.command(arg);
            if (next.isPresent()) {
                path.add(parent.name());
                spec = next.get().under(parent);
            }
        }
        return switch (root.style()) {
            case CLAP ->
                    "error: "
                            + message
                            + "\n\n"
                            + "Usage: "
                            + usage(spec, path)
                            + "\n\nFor more information, try '--help'.";
            case URFAVE -> "Incorrect Usage: " + message + "\n\n" + urfave(spec, path);
            case COBRA -> "Error: " + message + "\n" + cobra(spec, path);
        };
    }

    private static String full(CommandSpec spec, List<String> path) {
        return path.isEmpty() ? spec.name() : String.join(" ", path) + " " + spec.name();
    }

    private static String usage(CommandSpec spec, List<String> path) {
        var line = new StringBuilder(full(spec, path));
        boolean optional = spec.options().stream().anyMatch(o -> !o.required() && !o.hidden());
        line.append(optional || !spec.version().isEmpty() ? " [OPTIONS]" : "");
        for (Option option : spec.options()) {
            line.append(option.required() ? " " + option.display() : "");
        }
        for (Positional positional : spec.positionals()) {
            String name =
                    positional.required()
                            ? "<" + positional.name() + ">"
                            : "[" + positional.name() + "]";
            line.append(' ').append(name).append(positional.repeated() ? "..." : "");
        }
        if (!spec.commands().isEmpty()) {
            line.append(spec.commandRequired() ? " <COMMAND>" : " [COMMAND]");
        }
        return line.toString();
    }

    private static String clap(CommandSpec spec, List<String> path) {
        var out = new StringBuilder();
        if (!spec.about().isEmpty()) {
            out.append(spec.about()).append("\n\n");
        }
        out.append("Usage: ").append(usage(spec, path)).append('\n');
        if (!spec.commands().isEmpty()) {
            var rows = commandRows(spec);
            rows.add(new Row("help", "Print this message or the help of the given subcommand(s)"));
            section(out, "Commands:", "  ", rows);
        }
        if (!spec.positionals().isEmpty()) {
            section(out, "Arguments:", "  ", positionalRows(spec));
        }
        var rows = new ArrayList<Row>();
        for (Option option : spec.options()) {
            if (!option.hidden()) {
                String letter =
                        option.shortName().isEmpty() ? "    " : "-" + option.shortName() + ", ";
                rows.add(
                        new Row(
                                letter
                                        + option.display()
                                        + (option.repeated() && option.takesValue() ? "..." : ""),
                                notes(option)));
            }
        }
        rows.add(new Row("-h, --help", "Print help"));
        if (!spec.version().isEmpty()) {
            rows.add(new Row("-V, --version", "Print version"));
        }
        section(out, "Options:", "  ", rows);
        return withFooter(out, spec);
    }

    private static String notes(Option option) {
        var note = new StringBuilder(option.help());
        for (String variable : option.env()) {
            note.append(" [env: ").append(variable).append("=]");
        }
        if (option.hasDefault() && !option.defaultValue().isEmpty()) {
            note.append(" [default: ").append(option.defaultValue()).append(']');
        }
        if (!option.choices().isEmpty()) {
            note.append(" [possible values: ")
                    .append(String.join(", ", option.choices()))
                    .append(']');
        }
        return note.toString().strip();
    }

    private static String urfave(CommandSpec spec, List<String> path) {
        var out = new StringBuilder("NAME:\n   ").append(full(spec, path));
        out.append(spec.about().isEmpty() ? "" : " - " + spec.about());
        out.append("\n\nUSAGE:\n   ").append(full(spec, path));
        out.append(path.isEmpty() ? " [global options]" : " [command options]");
        out.append(spec.commands().isEmpty() ? "" : " command [command options]");
        out.append(" [arguments...]\n");
        if (path.isEmpty() && !spec.version().isEmpty()) {
            out.append("\nVERSION:\n   ")
                    .append(spec.version().replace("\n", "\n   "))
                    .append('\n');
        }
        if (!spec.commands().isEmpty()) {
            var rows = commandRows(spec);
            rows.add(new Row("help, h", "Shows a list of commands or help for one command"));
            section(out, "COMMANDS:", "   ", rows);
        }
        var rows = new ArrayList<Row>();
        for (Option option : spec.options()) {
            if (!option.hidden()) {
                rows.add(goRow(option, ", -", " value"));
            }
        }
        rows.add(new Row("--help, -h", "show help"));
        if (path.isEmpty() && !spec.version().isEmpty()) {
            rows.add(new Row("--version, -v", "print the version"));
        }
        section(out, path.isEmpty() ? "GLOBAL OPTIONS:" : "OPTIONS:", "   ", rows);
        return withFooter(out, spec);
    }

    private static Row goRow(Option option, String shortMark, String valueWord) {
        String value = option.takesValue() ? valueWord : "";
        String left = "--" + option.name() + value;
        left += option.shortName().isEmpty() ? "" : shortMark + option.shortName() + value;
        String note = option.help();
        note +=
                option.hasDefault() && !option.defaultValue().isEmpty()
                        ? " (default: "
                                + (option.takesValue() && option.min() > option.max()
                                        ? "\"" + option.defaultValue() + "\""
                                        : option.defaultValue())
                                + ")"
                        : "";
        note += option.env().isEmpty() ? "" : " [$" + String.join(", $", option.env()) + "]";
        return new Row(left, note);
    }

    private static String cobra(CommandSpec spec, List<String> path) {
        var out = new StringBuilder();
        if (!spec.about().isEmpty()) {
            out.append(spec.about()).append("\n\n");
        }
        out.append("Usage:\n  ").append(full(spec, path)).append(" [flags]\n");
        if (!spec.commands().isEmpty()) {
            out.append("  ").append(full(spec, path)).append(" [command]\n");
            section(out, "Available Commands:", "  ", commandRows(spec));
        }
        var rows = new ArrayList<Row>();
        for (Option option : spec.options()) {
            if (!option.hidden()) {
                String letter =
                        option.shortName().isEmpty() ? "    " : "-" + option.shortName() + ", ";
                String type =
                        !option.takesValue()
                                ? ""
                                : option.min() <= option.max() ? " int" : " string";
                String note =
                        option.help()
                                + (option.hasDefault() && !option.defaultValue().isEmpty()
                                        ? " (default "
                                                + (type.equals(" string")
                                                        ? "\"" + option.defaultValue() + "\""
                                                        : option.defaultValue())
                                                + ")"
                                        : "");
                rows.add(new Row(letter + "--" + option.name() + type, note));
            }
        }
        rows.add(new Row("-h, --help", "help for " + spec.name()));
        section(out, "Flags:", "  ", rows);
        if (!spec.commands().isEmpty()) {
            out.append("\nUse \"")
                    .append(full(spec, path))
                    .append(" [command] --help\" for more information about a command.\n");
        }
        return withFooter(out, spec);
    }

    private static List<Row> positionalRows(CommandSpec spec) {
        var rows = new ArrayList<Row>();
        for (Positional positional : spec.positionals()) {
            String name =
                    positional.required()
                            ? "<" + positional.name() + ">"
                            : "[" + positional.name() + "]";
            rows.add(new Row(name + (positional.repeated() ? "..." : ""), positional.help()));
        }
        return rows;
    }

    private static List<Row> commandRows(CommandSpec spec) {
        var rows = new ArrayList<Row>();
        for (CommandSpec command : spec.commands()) {
            if (!command.isHidden()) {
                rows.add(new Row(command.name(), command.about()));
            }
        }
        return rows;
    }

    private static void section(StringBuilder out, String title, String indent, List<Row> rows) {
        int width = rows.stream().mapToInt(r -> r.left.length()).max().orElse(0);
        out.append('\n').append(title).append('\n');
        for (Row row : rows) {
            String padding = row.right.isEmpty() ? "" : " ".repeat(width - row.left.length() + 2);
            out.append(indent).append(row.left).append(padding).append(row.right).append('\n');
        }
    }

    private static String withFooter(StringBuilder out, CommandSpec spec) {
        if (!spec.footer().isEmpty()) {
            out.append('\n').append(spec.footer()).append('\n');
        }
        return out.toString().stripTrailing();
    }
}
