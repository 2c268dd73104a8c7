package dev.naiad.base.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** Random trees come back from each format; random damage is refused and never crashes a reader. */
final class ReaderPropertyTest {
    private static final int TREES = 300;
    private static final String ALPHABET =
            "ab9 _-.#:\"'\\\n\t\r,[]{}=&*!|>%@`~?\u00e9\u2028\ud83d\ude00";

    private final Random random = seeded();

    private static Random seeded() {
        // As testkit's SeededRandom, which depends on this module.
        String configured = System.getenv("NAIAD_SEED");
        long seed =
                configured == null || configured.isEmpty()
                        ? 20261129
                        : configured.equals("random")
                                ? System.nanoTime()
                                : Long.parseLong(configured);
        System.out.println("seed of ReaderPropertyTest: NAIAD_SEED=" + seed);
        return new Random(seed);
    }

    private String text() {
        var text = new StringBuilder();
        int[] points = ALPHABET.codePoints().toArray();
        for (int i = random.nextInt(12); i > 0; i--) {
            text.appendCodePoint(points[random.nextInt(points.length)]);
        }
        return switch (random.nextInt(8)) {
            case 0 ->
                    List.of(
                                    "true",
                                    "null",
                                    "~",
                                    "1",
                                    "1.5",
                                    "0x10",
                                    "yes",
                                    "",
                                    "- a",
                                    "nan",
                                    "2026-01-01")
                            .get(random.nextInt(11));
            default -> text.toString();
        };
    }

    private ConfigNode node(int depth, boolean nulls) {
        int kind = random.nextInt(depth > 0 ? 7 : 5);
        return switch (kind) {
            case 0, 1 -> ConfigNode.of(text());
            case 2 -> ConfigNode.of(random.nextLong() >> random.nextInt(64));
            case 3 -> ConfigNode.of(random.nextBoolean());
            case 4 -> nulls ? ConfigNode.nothing() : ConfigNode.of("");
            case 5 -> object(depth - 1, nulls);
            default -> {
                var items = new ArrayList<ConfigNode>();
                for (int i = random.nextInt(5); i > 0; i--) {
                    items.add(node(depth - 1, nulls));
                }
                yield ConfigNode.list(items);
            }
        };
    }

    private ConfigNode object(int depth, boolean nulls) {
        Map<String, ConfigNode> entries = new LinkedHashMap<>();
        for (int i = random.nextInt(6); i > 0; i--) {
            entries.put(text(), node(depth, nulls));
        }
        return ConfigNode.object(entries);
    }

    @Test
    void jsonComesBackCompactPrettyAndLikeGo() {
        for (int i = 0; i < TREES; i++) {
            ConfigNode tree = node(5, true);
            assertThat(JsonReader.parse("f", JsonWriter.compact(tree))).isEqualTo(tree);
            assertThat(JsonReader.parse("f", JsonWriter.pretty(tree))).isEqualTo(tree);
            assertThat(
                            JsonReader.parse(
                                    "f", JsonWriter.pretty("\t").likeGo().value(tree).toString()))
                    .isEqualTo(tree);
        }
    }

    @Test
    void jsonIsYaml() {
        for (int i = 0; i < TREES; i++) {
            ConfigNode tree = object(5, true);
            assertThat(YamlReader.parse("f", JsonWriter.compact(tree))).isEqualTo(tree);
            assertThat(YamlReader.parse("f", JsonWriter.pretty(tree))).isEqualTo(tree);
        }
    }

    @Test
    void tomlComesBackWhateverTheLayout() {
        for (int i = 0; i < TREES; i++) {
            ConfigNode tree = object(4, false);
            var toml = new StringBuilder();
            table(toml, "", tree);
            assertThat(TomlReader.parse("f", toml.toString()))
                    .as("%s", toml)
                    .satisfies(read -> same(read, tree));
        }
    }

    /**
     * TOML puts a table's own values before its sub-tables, so the order of keys does not count.
     */
    private static void same(ConfigNode read, ConfigNode expected) {
        assertThat(read.kind()).isEqualTo(expected.kind());
        assertThat(read.text()).isEqualTo(expected.text());
        assertThat(read.entries().keySet()).isEqualTo(expected.entries().keySet());
        assertThat(read.items()).hasSameSizeAs(expected.items());
        expected.entries().forEach((key, node) -> same(read.get(key), node));
        for (int i = 0; i < expected.items().size(); i++) {
            same(read.items().get(i), expected.items().get(i));
        }
    }

    private void table(StringBuilder out, String path, ConfigNode table) {
        var later = new LinkedHashMap<String, ConfigNode>();
        table.entries()
                .forEach(
                        (key, node) -> {
                            boolean tables =
                                    node.isList()
                                            && !node.items().isEmpty()
                                            && node.items().stream().allMatch(ConfigNode::isObject);
                            if ((node.isObject() || tables) && random.nextBoolean()) {
                                later.put(key, node);
                            } else {
                                out.append(quoted(key)).append(blank()).append('=').append(blank());
                                inline(out, node);
                                out.append(random.nextInt(4) == 0 ? " # comment" : "")
                                        .append(random.nextInt(4) == 0 ? "\r\n" : "\n");
                            }
                        });
        later.forEach(
                (key, node) -> {
                    String name =
                            path.isEmpty()
                                    ? quoted(key)
                                    : path + blank() + "." + blank() + quoted(key);
                    for (ConfigNode item : node.isObject() ? List.of(node) : node.items()) {
                        out.append(node.isObject() ? "[" + name + "]\n" : "[[" + name + "]]\n");
                        table(out, name, item);
                    }
                });
    }

    private String blank() {
        return " ".repeat(random.nextInt(3));
    }

    private String quoted(String text) {
        if (text.matches("[A-Za-z0-9_-]+") && random.nextBoolean()) {
            return text;
        }
        if (text.chars().noneMatch(c -> c == '\'' || c < ' ') && random.nextBoolean()) {
            return "'" + text + "'";
        }
        return JsonWriter.compact(ConfigNode.of(text));
    }

    private void inline(StringBuilder out, ConfigNode node) {
        switch (node.kind()) {
            case OBJECT -> {
                out.append('{');
                String comma = "";
                for (var entry : node.entries().entrySet()) {
                    out.append(comma).append(blank()).append(quoted(entry.getKey())).append(" = ");
                    inline(out, entry.getValue());
                    comma = ",";
                }
                out.append('}');
            }
            case LIST -> {
                out.append('[').append(random.nextBoolean() ? "\n" : "");
                for (ConfigNode item : node.items()) {
                    inline(out, item);
                    out.append(random.nextBoolean() ? "," : "\n,")
                            .append(random.nextInt(4) == 0 ? "# c\n" : "");
                }
                out.append(']');
            }
            case STRING -> out.append(JsonWriter.compact(node));
            default -> out.append(node.text());
        }
    }

    @Test
    void damageIsRefusedOrReadButNeverACrash() {
        Map<String, BiFunction<String, String, ConfigNode>> readers =
                Map.of(
                        "JSON",
                        JsonReader::parse,
                        "YAML",
                        YamlReader::parse,
                        "TOML",
                        TomlReader::parse);
        for (int i = 0; i < TREES; i++) {
            ConfigNode tree = object(4, false);
            var toml = new StringBuilder();
            table(toml, "", tree);
            for (String whole : List.of(JsonWriter.pretty(tree), toml.toString())) {
                String damaged = damage(whole);
                readers.forEach((name, reader) -> readOrRefuse(name, reader, damaged));
            }
        }
    }

    private static void readOrRefuse(
            String name, BiFunction<String, String, ConfigNode> reader, String text) {
        try {
            ConfigNode read = reader.apply("file", text);
            // What was read can be written, and is JSON then.
            assertThat(JsonReader.parse("again", JsonWriter.compact(read))).isNotNull();
        } catch (NaiadException e) {
            assertThat(e.kind()).as(name).isEqualTo(ErrorKind.INVALID_ARGUMENT);
            assertThat(e.what()).as(name).startsWith("file");
        }
    }

    private String damage(String whole) {
        var text = new StringBuilder(whole);
        for (int i = 1 + random.nextInt(4); i > 0 && !text.isEmpty(); i--) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(3)) {
                case 0 -> text.deleteCharAt(at);
                case 1 -> text.insert(at, ALPHABET.charAt(random.nextInt(ALPHABET.length())));
                default -> text.setLength(at);
            }
        }
        return text.toString();
    }
}
