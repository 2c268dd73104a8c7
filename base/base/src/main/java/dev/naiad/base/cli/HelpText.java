package dev.naiad.base.cli;

import java.util.ArrayList;
import java.util.List;

/** Help and error texts in the layout of the three libraries. */
final class HelpText {
    private HelpText() {}

    private record Row(String left, String right) {}

    static String of(CommandShape shape, List<String> path) {
        return switch (shape.style()) {
            case CLAP -> clap(shape, path);
            case URFAVE -> urfave(shape, path);
            case COBRA -> cobra(shape, path);
        };
    }

    /** What goes to stderr for a wrong command line. */
    static String mistake(CommandShape root, List<String> args, String message) {
        var path = new ArrayList<String>();
        CommandShape shape = root;
        for (String arg : args) {
            CommandShape parent = shape;
            var next = parent.command(arg);
            if (next.isPresent()) {
                path.add(parent.name());
                shape = next.get().under(parent);
            }
        }
        return switch (root.style()) {
            case CLAP ->
                    "error: "
                            + message
                            + "\n\n"
                            + "Usage: "
                            + usage(shape, path)
                            + "\n\nFor more information, try '--help'.";
            case URFAVE -> "Incorrect Usage: " + message + "\n\n" + urfave(shape, path);
            case COBRA -> "Error: " + message + "\n" + cobra(shape, path);
        };
    }

    private static String full(CommandShape shape, List<String> path) {
        return path.isEmpty() ? shape.name() : String.join(" ", path) + " " + shape.name();
    }

    private static String usage(CommandShape shape, List<String> path) {
        var line = new StringBuilder(full(shape, path));
        boolean optional = shape.options().stream().anyMatch(o -> !o.required() && !o.hidden());
        line.append(optional || !shape.version().isEmpty() ? " [OPTIONS]" : "");
        for (Option option : shape.options()) {
            line.append(option.required() ? " " + option.display() : "");
        }
        for (Positional positional : shape.positionals()) {
            String name =
                    positional.required()
                            ? "<" + positional.name() + ">"
                            : "[" + positional.name() + "]";
            line.append(' ').append(name).append(positional.repeated() ? "..." : "");
        }
        if (!shape.commands().isEmpty()) {
            line.append(shape.commandRequired() ? " <COMMAND>" : " [COMMAND]");
        }
        return line.toString();
    }

    private static String clap(CommandShape shape, List<String> path) {
        var out = new StringBuilder();
        if (!shape.about().isEmpty()) {
            out.append(shape.about()).append("\n\n");
        }
        out.append("Usage: ").append(usage(shape, path)).append('\n');
        if (!shape.commands().isEmpty()) {
            var rows = commandRows(shape);
            rows.add(new Row("help", "Print this message or the help of the given subcommand(s)"));
            section(out, "Commands:", "  ", rows);
        }
        if (!shape.positionals().isEmpty()) {
            section(out, "Arguments:", "  ", positionalRows(shape));
        }
        var rows = new ArrayList<Row>();
        for (Option option : shape.options()) {
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
        if (!shape.version().isEmpty()) {
            rows.add(new Row("-V, --version", "Print version"));
        }
        section(out, "Options:", "  ", rows);
        return withFooter(out, shape);
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

    private static String urfave(CommandShape shape, List<String> path) {
        var out = new StringBuilder("NAME:\n   ").append(full(shape, path));
        out.append(shape.about().isEmpty() ? "" : " - " + shape.about());
        out.append("\n\nUSAGE:\n   ").append(full(shape, path));
        out.append(path.isEmpty() ? " [global options]" : " [command options]");
        out.append(shape.commands().isEmpty() ? "" : " command [command options]");
        out.append(" [arguments...]\n");
        if (path.isEmpty() && !shape.version().isEmpty()) {
            out.append("\nVERSION:\n   ")
                    .append(shape.version().replace("\n", "\n   "))
                    .append('\n');
        }
        if (!shape.commands().isEmpty()) {
            var rows = commandRows(shape);
            rows.add(new Row("help, h", "Shows a list of commands or help for one command"));
            section(out, "COMMANDS:", "   ", rows);
        }
        var rows = new ArrayList<Row>();
        for (Option option : shape.options()) {
            if (!option.hidden()) {
                rows.add(goRow(option, ", -", " value"));
            }
        }
        rows.add(new Row("--help, -h", "show help"));
        if (path.isEmpty() && !shape.version().isEmpty()) {
            rows.add(new Row("--version, -v", "print the version"));
        }
        section(out, path.isEmpty() ? "GLOBAL OPTIONS:" : "OPTIONS:", "   ", rows);
        return withFooter(out, shape);
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

    private static String cobra(CommandShape shape, List<String> path) {
        var out = new StringBuilder();
        if (!shape.about().isEmpty()) {
            out.append(shape.about()).append("\n\n");
        }
        out.append("Usage:\n  ").append(full(shape, path)).append(" [flags]\n");
        if (!shape.commands().isEmpty()) {
            out.append("  ").append(full(shape, path)).append(" [command]\n");
            section(out, "Available Commands:", "  ", commandRows(shape));
        }
        var rows = new ArrayList<Row>();
        for (Option option : shape.options()) {
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
        rows.add(new Row("-h, --help", "help for " + shape.name()));
        section(out, "Flags:", "  ", rows);
        if (!shape.commands().isEmpty()) {
            out.append("\nUse \"")
                    .append(full(shape, path))
                    .append(" [command] --help\" for more information about a command.\n");
        }
        return withFooter(out, shape);
    }

    private static List<Row> positionalRows(CommandShape shape) {
        var rows = new ArrayList<Row>();
        for (Positional positional : shape.positionals()) {
            String name =
                    positional.required()
                            ? "<" + positional.name() + ">"
                            : "[" + positional.name() + "]";
            rows.add(new Row(name + (positional.repeated() ? "..." : ""), positional.help()));
        }
        return rows;
    }

    private static List<Row> commandRows(CommandShape shape) {
        var rows = new ArrayList<Row>();
        for (CommandShape command : shape.commands()) {
            if (!command.hidden()) {
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

    private static String withFooter(StringBuilder out, CommandShape shape) {
        if (!shape.footer().isEmpty()) {
            out.append('\n').append(shape.footer()).append('\n');
        }
        return out.toString().stripTrailing();
    }
}
