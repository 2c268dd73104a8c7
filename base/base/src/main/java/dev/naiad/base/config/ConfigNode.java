package dev.naiad.base.config;

import dev.naiad.base.bytes.ByteSize;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A node of a configuration or message tree: object, list, scalar, or {@link Kind#ABSENT}.
 * Immutable. It knows its key path, file and line. Looking up a missing key gives an absent node,
 * so paths can be chained; typed getters return the default for an absent or null node and report
 * wrong types to {@link Problems}.
 */
public final class ConfigNode {
    /** What a node is. */
    public enum Kind {
        /** Keys and nodes, in order. */
        OBJECT,
        /** Nodes. */
        LIST,
        /** A text. */
        STRING,
        /** A number, kept as written. */
        NUMBER,
        /** {@code true} or {@code false}. */
        BOOLEAN,
        /** An explicit null. */
        NULL,
        /** Nothing there. */
        ABSENT
    }

    private final Kind kind;
    private final String text;
    private final Map<String, ConfigNode> entries;
    private final List<ConfigNode> items;
    private final String file;
    private final String path;
    private final int line;

    private ConfigNode(
            Kind kind,
            String text,
            Map<String, ConfigNode> entries,
            List<ConfigNode> items,
            String file,
            String path,
            int line) {
        this.kind = kind;
        this.text = text;
        this.entries = entries;
        this.items = items;
        this.file = file;
        this.path = path;
        this.line = line;
    }

    /** An object without a place. */
    public static ConfigNode object(Map<String, ConfigNode> entries) {
        return object(entries, "", "", 0);
    }

    /** A list without a place. */
    public static ConfigNode list(List<ConfigNode> items) {
        return list(items, "", "", 0);
    }

    /** A text without a place. */
    public static ConfigNode of(String text) {
        return scalar(Kind.STRING, text, "", "", 0);
    }

    /** A number without a place. */
    public static ConfigNode of(long number) {
        return scalar(Kind.NUMBER, Long.toString(number), "", "", 0);
    }

    /** A boolean without a place. */
    public static ConfigNode of(boolean value) {
        return scalar(Kind.BOOLEAN, Boolean.toString(value), "", "", 0);
    }

    /** An explicit null without a place. */
    public static ConfigNode nothing() {
        return scalar(Kind.NULL, "", "", "", 0);
    }

    static ConfigNode object(Map<String, ConfigNode> entries, String file, String path, int line) {
        var copy = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        return new ConfigNode(Kind.OBJECT, "", copy, List.of(), file, path, line);
    }

    static ConfigNode list(List<ConfigNode> items, String file, String path, int line) {
        return new ConfigNode(Kind.LIST, "", Map.of(), List.copyOf(items), file, path, line);
    }

    static ConfigNode scalar(Kind kind, String text, String file, String path, int line) {
        return new ConfigNode(kind, text, Map.of(), List.of(), file, path, line);
    }

    static String join(String path, String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /** What the node is. */
    public Kind kind() {
        return kind;
    }

    /** The file it was read from; empty if none. */
    public String file() {
        return file;
    }

    /** Its keys from the root, {@code a.b[2].c}; empty for the root. */
    public String path() {
        return path;
    }

    /** Its line in the file, from 1; 0 if unknown. */
    public int line() {
        return line;
    }

    /** Whether there is a value: neither absent nor null. */
    public boolean isPresent() {
        return kind != Kind.ABSENT && kind != Kind.NULL;
    }

    /** Whether it is an object. */
    public boolean isObject() {
        return kind == Kind.OBJECT;
    }

    /** Whether it is a list. */
    public boolean isList() {
        return kind == Kind.LIST;
    }

    /** The node under {@code key}; an absent one if this is not an object or lacks the key. */
    public ConfigNode get(String key) {
        ConfigNode found = entries.get(key);
        return found != null ? found : scalar(Kind.ABSENT, "", file, join(path, key), line);
    }

    /** The node at the end of a chain of keys. */
    public ConfigNode at(String... keys) {
        ConfigNode node = this;
        for (String key : keys) {
            node = node.get(key);
        }
        return node;
    }

    /** The value under {@code key}, if there is one. */
    public Optional<ConfigNode> find(String key) {
        ConfigNode node = get(key);
        return node.isPresent() ? Optional.of(node) : Optional.empty();
    }

    /** Whether there is a value under {@code key}. */
    public boolean has(String key) {
        return get(key).isPresent();
    }

    /** An object's keys and nodes in order; empty for others. */
    public Map<String, ConfigNode> entries() {
        return entries;
    }

    /** A list's nodes; empty for others. */
    public List<ConfigNode> items() {
        return items;
    }

    /** A scalar as written; empty for others. */
    public String text() {
        return text;
    }

    /** The object with {@code key} set (at its place, or at the end). */
    public ConfigNode with(String key, ConfigNode value) {
        var changed = new LinkedHashMap<>(entries);
        changed.put(key, value);
        return object(changed, file, path, line);
    }

    /** The object without {@code key}. */
    public ConfigNode without(String key) {
        var changed = new LinkedHashMap<>(entries);
        changed.remove(key);
        return object(changed, file, path, line);
    }

    /** The text; {@code fallback} if there is none. */
    public String string(Problems problems, String fallback) {
        return new TypedValue(this, problems).string(fallback);
    }

    /** The text; a problem if there is none or it is empty. */
    public String requiredString(Problems problems) {
        if (!isPresent() || (kind == Kind.STRING && text.isEmpty())) {
            problems.add(this, "is required");
            return "";
        }
        return string(problems, "");
    }

    /** The text, if there is one. */
    public Optional<String> optionalString(Problems problems) {
        return isPresent() ? Optional.of(string(problems, "")) : Optional.empty();
    }

    /** The text as a secret; an empty one if there is none. */
    public Secret secret(Problems problems) {
        return Secret.of(string(problems, ""));
    }

    /** The whole number; {@code fallback} if there is none; a problem outside {@code min..max}. */
    public long integer(Problems problems, long fallback, long min, long max) {
        return new TypedValue(this, problems).integer(fallback, min, max);
    }

    /** {@link #integer} that fits an int. */
    public int int32(Problems problems, int fallback, int min, int max) {
        return (int) integer(problems, fallback, min, max);
    }

    /** The number; {@code fallback} if there is none. */
    public double decimal(Problems problems, double fallback) {
        return new TypedValue(this, problems).decimal(fallback);
    }

    /** The boolean; {@code fallback} if there is none. */
    public boolean bool(Problems problems, boolean fallback) {
        return new TypedValue(this, problems).bool(fallback);
    }

    /** The size, from a number of bytes or a text such as {@code 64MiB}. */
    public ByteSize size(Problems problems, ByteSize fallback) {
        return new TypedValue(this, problems).size(fallback);
    }

    /** The duration, from a text such as {@code 30s}; a bare number counts {@code unit}s. */
    public Duration duration(Problems problems, Duration fallback, Duration unit) {
        return new TypedValue(this, problems).duration(fallback, unit);
    }

    /** The text as one of several values. */
    public <T> T choice(Problems problems, Map<String, T> values, T fallback) {
        return new TypedValue(this, problems).choice(values, fallback);
    }

    /** The list's texts; empty if there is none. */
    public List<String> strings(Problems problems) {
        return new TypedValue(this, problems).strings();
    }

    /** The object's texts by key, in order; empty if there is none. */
    public Map<String, String> stringMap(Problems problems) {
        return new TypedValue(this, problems).stringMap();
    }

    static NaiadException malformed(String file, int line, String path, String why) {
        String where = file + (line > 0 ? ":" + line : "") + (path.isEmpty() ? "" : " at " + path);
        return new NaiadException(ErrorKind.INVALID_ARGUMENT, where + ": " + why);
    }

    /** Trees are equal if kinds, keys in order and texts are; places are ignored. */
    @Override
    public boolean equals(Object other) {
        return other instanceof ConfigNode node
                && kind == node.kind
                && text.equals(node.text)
                && items.equals(node.items)
                && entries.equals(node.entries);
    }

    @Override
    public int hashCode() {
        return kind.hashCode() * 31 + text.hashCode() + items.hashCode() + entries.hashCode();
    }

    /** Compact JSON; absent is empty. */
    @Override
    public String toString() {
        return kind == Kind.ABSENT ? "" : JsonWriter.compact(this);
    }
}
