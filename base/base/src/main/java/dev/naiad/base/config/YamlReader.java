package dev.naiad.base.config;

import dev.naiad.base.error.NaiadException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.CoreScalarResolver;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;

/**
 * Reads YAML 1.2 (core types, so {@code yes} is a text) into a {@link ConfigNode}. JSON is YAML as
 * well. Built on the library's events, because its own trees are made by recursion without a bound.
 */
public final class YamlReader {
    private static final int MAX_DEPTH = 100;
    private static final int MAX_NODES = 1_000_000;
    private static final ScalarResolver RESOLVER = new CoreScalarResolver(false);

    private static final Pattern JSON_NUMBER =
            Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?");

    private final String file;
    private final Iterator<Event> events;
    private final Map<Anchor, Anchored> anchors = new HashMap<>();
    private int nodes;

    private YamlReader(String file, Iterator<Event> events) {
        this.file = file;
        this.events = events;
    }

    /** What an alias refers to, and how many nodes it has. */
    private record Anchored(ConfigNode node, int nodes) {}

    /**
     * Reads one document; an empty one is an empty object.
     *
     * @param file names it in errors
     * @throws NaiadException INVALID_ARGUMENT if it is malformed
     */
    public static ConfigNode parse(String file, String text) {
        var settings = LoadSettings.builder().setLabel(file).setCodePointLimit(16 << 20).build();
        try {
            return new YamlReader(file, new Parse(settings).parseString(text).iterator())
                    .document();
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(m -> m.getLine() + 1).orElse(0);
            throw ConfigNode.malformed(file, line, "", "malformed YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw ConfigNode.malformed(file, 0, "", "malformed YAML: " + e.getMessage());
        }
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
        @Nullable ConfigNode root = null;
        while (events.hasNext()) {
            Event event = events.next();
            if (event instanceof NodeEvent node) {
                if (root != null) {
                    throw ConfigNode.malformed(file, line(event), "", "a second document");
                }
                root = node(node, "", 0);
            }
        }
        return root != null ? root : ConfigNode.object(Map.of(), file, "", 1);
    }

    private static int line(Event event) {
        return event.getStartMark().map(Mark::getLine).orElse(-1) + 1;
    }

    private ConfigNode node(NodeEvent event, String path, int depth) {
        int line = line(event);
        if (depth > MAX_DEPTH || ++nodes > MAX_NODES) {
            throw ConfigNode.malformed(file, line, path, "nested too deeply, or too large");
        }
        int before = nodes;
        ConfigNode node =
                switch (event) {
                    case AliasEvent alias -> alias(alias, path, line);
                    case ScalarEvent scalar -> scalar(scalar, path, line);
                    case SequenceStartEvent start -> sequence(path, line, depth);
                    case MappingStartEvent start -> mapping(path, line, depth);
                    default ->
                            throw ConfigNode.malformed(
                                    file, line, path, "unexpected " + event.getEventId());
                };
        if (!(event instanceof AliasEvent) && event.getAnchor().isPresent()) {
            anchors.put(event.getAnchor().get(), new Anchored(node, nodes - before + 1));
        }
        return node;
    }

    /** Nodes are shared, but count as copies: writing the tree out visits them all. */
    private ConfigNode alias(AliasEvent alias, String path, int line) {
        Anchored anchored = anchors.get(alias.getAlias());
        if (anchored == null) {
            throw ConfigNode.malformed(file, line, path, "unknown alias " + alias.getAlias());
        }
        nodes += Math.min(anchored.nodes, MAX_NODES);
        if (nodes > MAX_NODES) {
            throw ConfigNode.malformed(file, line, path, "aliases make it too large");
        }
        return anchored.node;
    }

    private ConfigNode sequence(String path, int line, int depth) {
        var items = new ArrayList<ConfigNode>();
        while (events.next() instanceof NodeEvent item) {
            items.add(node(item, path + "[" + items.size() + "]", depth + 1));
        }
        return ConfigNode.list(items, file, path, line);
    }

    private ConfigNode mapping(String path, int line, int depth) {
        var entries = new LinkedHashMap<String, ConfigNode>();
        while (events.next() instanceof NodeEvent key) {
            if (!(key instanceof ScalarEvent scalar)) {
                throw ConfigNode.malformed(file, line(key), path, "a key that is not a string");
            }
            String name = scalar.getValue();
            String at = ConfigNode.join(path, name);
            if (entries.containsKey(name)) {
                throw ConfigNode.malformed(file, line(key), at, "duplicate key");
            }
            if (!(events.next() instanceof NodeEvent value)) {
                throw ConfigNode.malformed(file, line(key), at, "a value is missing");
            }
            entries.put(name, node(value, at, depth + 1));
        }
        return ConfigNode.object(entries, file, path, line);
    }

    private ConfigNode scalar(ScalarEvent scalar, String path, int line) {
        String text = scalar.getValue();
        Tag tag =
                scalar.getTag()
                        .map(Tag::new)
                        .orElseGet(() -> scalar.isPlain() ? RESOLVER.resolve(text, true) : Tag.STR);
        if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
            return ConfigNode.scalar(
                    ConfigNode.Kind.NUMBER, number(text, path, line), file, path, line);
        }
        if (tag.equals(Tag.BOOL)) {
            String value = Boolean.toString(text.equalsIgnoreCase("true"));
            return ConfigNode.scalar(ConfigNode.Kind.BOOLEAN, value, file, path, line);
        }
        if (tag.equals(Tag.NULL)) {
            return ConfigNode.scalar(ConfigNode.Kind.NULL, "", file, path, line);
        }
        return ConfigNode.scalar(ConfigNode.Kind.STRING, text, file, path, line);
    }

    /** The number as JSON spells it. */
    private String number(String text, String path, int line) {
        try {
            if (text.startsWith("0x")) {
                return new BigInteger(text.substring(2), 16).toString();
            }
            if (text.startsWith("0o")) {
                return new BigInteger(text.substring(2), 8).toString();
            }
            return switch (text.toLowerCase(Locale.ROOT)) {
                case ".inf", "+.inf" -> "Infinity";
                case "-.inf" -> "-Infinity";
                case ".nan" -> "NaN";
                default ->
                        JSON_NUMBER.matcher(text).matches()
                                ? text
                                : new BigDecimal(text).toString();
            };
        } catch (NumberFormatException e) {
            throw ConfigNode.malformed(file, line, path, "\"" + text + "\" is not a number");
        }
    }
}
