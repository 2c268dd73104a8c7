package dev.naiad.base.config;

import dev.naiad.base.error.NaiadException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads TOML 1.0 into a {@link ConfigNode}. Dates and times become texts as written. Own code,
 * because the libraries bring a parser generator's run time or a data binder to the start path;
 * docs/decisions/own-small-parts.md.
 */
public final class TomlReader {
    private final TomlScanner in;
    private final String file;
    private final Table root = new Table(1);

    // Tables closed to further definition: inline ones, and those a [header] named already.
    private final Set<Table> closed = new HashSet<>();

    private TomlReader(String file, String text) {
        this.file = file;
        this.in = new TomlScanner(file, text);
    }

    /** A value under construction: a Table, a TableList, or a finished ConfigNode. */
    private sealed interface Draft permits Table, TableList, Value {}

    private record Value(ConfigNode node) implements Draft {}

    private static final class Table implements Draft {
        final Map<String, Draft> entries = new LinkedHashMap<>();
        final int line;
        boolean inline;

        Table(int line) {
            this.line = line;
        }
    }

    private static final class TableList implements Draft {
        final List<Table> tables = new ArrayList<>();
        final int line;

        TableList(int line) {
            this.line = line;
        }
    }

    /**
     * Reads one document.
     *
     * @param file names it in errors
     * @throws NaiadException INVALID_ARGUMENT if it is malformed
     */
    public static ConfigNode parse(String file, String text) {
        return new TomlReader(file, text).document();
    }

    /**
     * Reads a file.
     *
     * @throws NaiadException NOT_FOUND if it is not there, UNAVAILABLE if it cannot be read,
     *     INVALID_ARGUMENT if it is malformed
     */
    public static ConfigNode read(Path file) {
        return parse(file.toString(), new String(JsonReader.bytes(file), StandardCharsets.UTF_8));
    }

    private ConfigNode document() {
        Table current = root;
        for (in.skipBlankLines(); !in.atEnd(); in.skipBlankLines()) {
            if (in.peek() == '[') {
                current = header();
            } else {
                keyValue(current);
            }
            in.endOfLine();
        }
        return build(root, "");
    }

    private Table header() {
        in.expect('[');
        boolean list = in.accept('[');
        in.skipSpace();
        List<String> keys = in.dottedKey();
        in.expect(']');
        if (list) {
            in.expect(']');
        }
        Table parent = root;
        for (String key : keys.subList(0, keys.size() - 1)) {
            parent = descend(parent, key, keys);
        }
        String last = keys.getLast();
        Draft there = parent.entries.get(last);
        if (list) {
            return appendTable(parent, last, there, keys);
        }
        if (there == null) {
            var table = new Table(in.line());
            parent.entries.put(last, table);
            closed.add(table);
            return table;
        }
        if (there instanceof Table table && !table.inline && closed.add(table)) {
            return table;
        }
        throw in.error(String.join(".", keys), "the table is defined twice");
    }

    private Table appendTable(
            Table parent,
            String key,
            @org.jspecify.annotations.Nullable Draft there,
            List<String> keys) {
        TableList tables;
        if (there == null) {
            tables = new TableList(in.line());
            parent.entries.put(key, tables);
        } else if (there instanceof TableList existing) {
            tables = existing;
        } else {
            throw in.error(
                    String.join(".", keys),
                    "the key is already defined and is not a list of tables");
        }
        var table = new Table(in.line());
        tables.tables.add(table);
        return table;
    }

    private Table descend(Table parent, String key, List<String> path) {
        Draft there = parent.entries.get(key);
        if (there == null) {
            var table = new Table(in.line());
            parent.entries.put(key, table);
            return table;
        }
        if (there instanceof Table table && !table.inline) {
            return table;
        }
        if (there instanceof TableList list) {
            return list.tables.getLast();
        }
        throw in.error(
                String.join(".", path), "\"" + key + "\" is already defined and is not a table");
    }

    private void keyValue(Table table) {
        int line = in.line();
        List<String> keys = in.dottedKey();
        in.expect('=');
        in.skipSpace();
        Table parent = table;
        for (String key : keys.subList(0, keys.size() - 1)) {
            parent = descend(parent, key, keys);
            closed.add(parent);
        }
        String path = String.join(".", keys);
        Draft value = value(path);
        if (parent.entries.putIfAbsent(keys.getLast(), value) != null) {
            throw ConfigNode.malformed(file, line, path, "duplicate key");
        }
    }

    private Draft value(String path) {
        int line = in.line();
        return switch (in.peek()) {
            case '{' -> inlineTable();
            case '[' -> new Value(list(path));
            case '"', '\'' ->
                    new Value(
                            ConfigNode.scalar(
                                    ConfigNode.Kind.STRING, in.string(), file, path, line));
            default -> {
                String word = in.bareValue();
                yield new Value(
                        ConfigNode.scalar(
                                kindOf(word, path), TomlScanner.canonical(word), file, path, line));
            }
        };
    }

    private ConfigNode.Kind kindOf(String word, String path) {
        if (word.equals("true") || word.equals("false")) {
            return ConfigNode.Kind.BOOLEAN;
        }
        if (TomlScanner.isNumber(word)) {
            return ConfigNode.Kind.NUMBER;
        }
        if (TomlScanner.isDateOrTime(word)) {
            return ConfigNode.Kind.STRING;
        }
        throw in.error(
                path,
                word.isEmpty()
                        ? "a value is missing"
                        : "\"" + word + "\" is not a value (strings need quotes)");
    }

    private Table inlineTable() {
        in.enter();
        var table = new Table(in.line());
        in.expect('{');
        in.skipSpace();
        if (!in.accept('}')) {
            do {
                in.skipSpace();
                keyValue(table);
                in.skipSpace();
            } while (in.accept(','));
            in.expect('}');
        }
        seal(table);
        in.leave();
        return table;
    }

    private static void seal(Table table) {
        table.inline = true;
        for (Draft entry : table.entries.values()) {
            if (entry instanceof Table inner) {
                seal(inner);
            }
        }
    }

    private ConfigNode list(String path) {
        in.enter();
        int line = in.line();
        in.expect('[');
        var items = new ArrayList<ConfigNode>();
        in.skipBlankLines();
        while (!in.accept(']')) {
            String at = path + "[" + items.size() + "]";
            items.add(build(value(at), at));
            in.skipBlankLines();
            if (!in.accept(',') && in.peek() != ']') {
                throw in.error(path, "expected , or ]");
            }
            in.skipBlankLines();
        }
        in.leave();
        return ConfigNode.list(items, file, path, line);
    }

    private ConfigNode build(Draft draft, String path) {
        return switch (draft) {
            case Value(ConfigNode node) -> at(node, path);
            case Table table -> {
                var entries = new LinkedHashMap<String, ConfigNode>();
                table.entries.forEach(
                        (key, inner) -> entries.put(key, build(inner, ConfigNode.join(path, key))));
                yield ConfigNode.object(entries, file, path, table.line);
            }
            case TableList list -> {
                var items = new ArrayList<ConfigNode>();
                for (Table table : list.tables) {
                    items.add(build(table, path + "[" + items.size() + "]"));
                }
                yield ConfigNode.list(items, file, path, list.line);
            }
        };
    }

    /** The node with its full path, which is known only once its table is. */
    private ConfigNode at(ConfigNode node, String path) {
        return switch (node.kind()) {
            case LIST -> {
                var items = new ArrayList<ConfigNode>();
                for (ConfigNode item : node.items()) {
                    items.add(at(item, path + "[" + items.size() + "]"));
                }
                yield ConfigNode.list(items, file, path, node.line());
            }
            case OBJECT -> {
                var entries = new LinkedHashMap<String, ConfigNode>();
                node.entries()
                        .forEach(
                                (key, inner) ->
                                        entries.put(key, at(inner, ConfigNode.join(path, key))));
                yield ConfigNode.object(entries, file, path, node.line());
            }
            case STRING, NUMBER, BOOLEAN, NULL, ABSENT ->
                    ConfigNode.scalar(node.kind(), node.text(), file, path, node.line());
        };
    }
}
