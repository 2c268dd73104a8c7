package dev.naiad.base.config;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Reads JSON into a {@link ConfigNode}. If a key is repeated, the last one counts. */
public final class JsonReader {
    private final JsonParser parser;
    private final String file;

    private JsonReader(JsonParser parser, String file) {
        this.parser = parser;
        this.file = file;
    }

    /** The factory is cheap, but not free: made when first needed. */
    private static final class Factory {
        static final JsonFactory JSON = new JsonFactory();
    }

    /**
     * Reads one document.
     *
     * @param file names it in errors
     * @throws NaiadException INVALID_ARGUMENT if it is malformed or something follows it
     */
    public static ConfigNode parse(String file, byte[] utf8) {
        String path = "";
        try (JsonParser parser = Factory.JSON.createParser(ObjectReadContext.empty(), utf8)) {
            var reader = new JsonReader(parser, file);
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw ConfigNode.malformed(file, 1, "", "the document is empty");
            }
            ConfigNode root = reader.value(first, path);
            if (parser.nextToken() != null) {
                throw ConfigNode.malformed(
                        file, reader.line(), "", "something follows the document");
            }
            return root;
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getLineNr());
            throw ConfigNode.malformed(file, line, "", "malformed JSON: " + told(e));
        }
    }

    /** What the parser says, without its own names for the file and the place in it. */
    private static String told(JacksonException e) {
        return e.getOriginalMessage().replaceAll(" ?\\(start marker at \\[Source:[^]]*]\\)", "");
    }

    /** {@link #parse(String, byte[])} of a text. */
    public static ConfigNode parse(String file, String text) {
        return parse(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads a file.
     *
     * @throws NaiadException NOT_FOUND if it is not there, UNAVAILABLE if it cannot be read,
     *     INVALID_ARGUMENT if it is malformed
     */
    public static ConfigNode read(Path file) {
        return parse(file.toString(), bytes(file));
    }

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new NaiadException(ErrorKind.NOT_FOUND, file + ": no such file", e);
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, file + ": cannot be read", e);
        }
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }

    private ConfigNode value(JsonToken token, String path) {
        return switch (token) {
            case START_OBJECT -> object(path);
            case START_ARRAY -> list(path);
            case VALUE_STRING -> scalar(ConfigNode.Kind.STRING, parser.getString(), path);
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                    scalar(ConfigNode.Kind.NUMBER, parser.getString(), path);
            case VALUE_TRUE -> scalar(ConfigNode.Kind.BOOLEAN, "true", path);
            case VALUE_FALSE -> scalar(ConfigNode.Kind.BOOLEAN, "false", path);
            case VALUE_NULL -> scalar(ConfigNode.Kind.NULL, "", path);
            case NOT_AVAILABLE, PROPERTY_NAME, END_OBJECT, END_ARRAY, VALUE_EMBEDDED_OBJECT ->
                    throw ConfigNode.malformed(file, line(), path, "unexpected " + token);
        };
    }

    private ConfigNode scalar(ConfigNode.Kind kind, String text, String path) {
        return ConfigNode.scalar(kind, text, file, path, line());
    }

    private ConfigNode object(String path) {
        int line = line();
        var entries = new LinkedHashMap<String, ConfigNode>();
        while (next(path) == JsonToken.PROPERTY_NAME) {
            String key = parser.currentName();
            String at = ConfigNode.join(path, key);
            entries.put(key, value(next(at), at));
        }
        return ConfigNode.object(entries, file, path, line);
    }

    private ConfigNode list(String path) {
        int line = line();
        var items = new ArrayList<ConfigNode>();
        while (true) {
            String at = path + "[" + items.size() + "]";
            JsonToken token = next(at);
            if (token == JsonToken.END_ARRAY) {
                return ConfigNode.list(items, file, path, line);
            }
            items.add(value(token, at));
        }
    }

    private JsonToken next(String path) {
        JsonToken token = parser.nextToken();
        if (token == null) {
            throw ConfigNode.malformed(file, line(), path, "the document ends too early");
        }
        return token;
    }
}
