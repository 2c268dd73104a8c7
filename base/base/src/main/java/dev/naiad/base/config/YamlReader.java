package dev.naiad.base.config;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Reads YAML 1.2 (core types, so {@code yes} is a text) into a {@link ConfigNode}. JSON is YAML as
 * well.
 */
public final class YamlReader {
    private static final int MAX_DEPTH = 100;

    private final String file;

    private YamlReader(String file) {
        this.file = file;
    }

    /**
     * Reads one document; an empty one is an empty object.
     *
     * @param file names it in errors
     * @throws NaiadException INVALID_ARGUMENT if it is malformed
     */
    public static ConfigNode parse(String file, String text) {
        var settings =
                LoadSettings.builder()
                        .setLabel(file)
                        .setMaxAliasesForCollections(100)
                        .setCodePointLimit(16 << 20)
                        .build();
        try {
            Optional<Node> root = new Compose(settings).composeString(text);
            return root.isPresent()
                    ? new YamlReader(file).node(root.get(), "", 0)
                    : ConfigNode.object(new LinkedHashMap<>(), file, "", 1);
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(m -> m.getLine() + 1).orElse(0);
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    file + (line > 0 ? ":" + line : "") + ": malformed YAML: " + e.getProblem(),
                    e);
        } catch (YamlEngineException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, file + ": malformed YAML: " + e.getMessage(), e);
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

    private ConfigNode node(Node node, String path, int depth) {
        int line = node.getStartMark().map(Mark::getLine).orElse(-1) + 1;
        if (depth > MAX_DEPTH) {
            throw ConfigNode.malformed(file, line, path, "nested too deeply");
        }
        return switch (node) {
            case MappingNode mapping -> mapping(mapping, path, line, depth);
            case SequenceNode sequence -> {
                var items = new ArrayList<ConfigNode>();
                for (Node item : sequence.getValue()) {
                    items.add(node(item, path + "[" + items.size() + "]", depth + 1));
                }
                yield ConfigNode.list(items, file, path, line);
            }
            case ScalarNode scalar -> scalar(scalar, path, line);
            default -> throw ConfigNode.malformed(file, line, path, "an unexpected anchor");
        };
    }

    private ConfigNode mapping(MappingNode mapping, String path, int line, int depth) {
        var entries = new LinkedHashMap<String, ConfigNode>();
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw ConfigNode.malformed(file, line, path, "a key that is no text");
            }
            String name = key.getValue();
            if (entries.containsKey(name)) {
                throw ConfigNode.malformed(
                        file, line, ConfigNode.join(path, name), "the key is there twice");
            }
            entries.put(name, node(tuple.getValueNode(), ConfigNode.join(path, name), depth + 1));
        }
        return ConfigNode.object(entries, file, path, line);
    }

    private ConfigNode scalar(ScalarNode scalar, String path, int line) {
        Tag tag = scalar.getTag();
        String text = scalar.getValue();
        ConfigNode.Kind kind = ConfigNode.Kind.STRING;
        if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
            kind = ConfigNode.Kind.NUMBER;
            text = number(text);
        } else if (tag.equals(Tag.BOOL)) {
            kind = ConfigNode.Kind.BOOLEAN;
            text = Boolean.toString(text.equalsIgnoreCase("true"));
        } else if (tag.equals(Tag.NULL)) {
            kind = ConfigNode.Kind.NULL;
            text = "";
        }
        return ConfigNode.scalar(kind, text, file, path, line);
    }

    private static String number(String text) {
        if (text.startsWith("0x")) {
            return Long.toString(Long.parseUnsignedLong(text, 2, text.length(), 16));
        }
        if (text.startsWith("0o")) {
            return Long.toString(Long.parseLong(text, 2, text.length(), 8));
        }
        return text;
    }
}
