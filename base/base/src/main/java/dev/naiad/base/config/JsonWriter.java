package dev.naiad.base.config;

import java.util.Map;

/**
 * Writes JSON with keys in the order given, compact or indented, spelled as serde or as Go does.
 * For one thread.
 *
 * <pre>{@code
 * String json = JsonWriter.compact().object().put("id", id).key("layers").array().value(1).end().end().toString();
 * }</pre>
 */
public final class JsonWriter {
    private static final String HEX = "0123456789abcdef";

    private final StringBuilder out;
    private final String indent;
    private final boolean html;

    // The open containers, innermost last: '{' or '['; upper bit of state: whether an element was
    // written.
    private final StringBuilder open = new StringBuilder();
    private boolean first = true;
    private boolean afterKey;

    private JsonWriter(StringBuilder out, String indent, boolean html) {
        this.out = out;
        this.indent = indent;
        this.html = html;
    }

    /** No white space at all. */
    public static JsonWriter compact() {
        return new JsonWriter(new StringBuilder(), "", false);
    }

    /**
     * One element a line, indented by {@code indent}; empty objects and lists stay {@code {}} and
     * {@code []}.
     */
    public static JsonWriter pretty(String indent) {
        return new JsonWriter(new StringBuilder(), indent, false);
    }

    /** Two spaces, as serde's pretty printer. */
    public static JsonWriter pretty() {
        return pretty("  ");
    }

    /**
     * The same layout, but {@code <}, {@code >}, {@code &} and U+2028/9 escaped as Go's encoder
     * does.
     */
    public JsonWriter likeGo() {
        return new JsonWriter(out, indent, true);
    }

    /** A tree on one line. */
    public static String compact(ConfigNode node) {
        return compact().value(node).toString();
    }

    /** A tree with two spaces of indent. */
    public static String pretty(ConfigNode node) {
        return pretty().value(node).toString();
    }

    /** Begins an object. */
    public JsonWriter object() {
        return begin('{');
    }

    /** Begins a list. */
    public JsonWriter array() {
        return begin('[');
    }

    /** Ends the innermost object or list. */
    public JsonWriter end() {
        char kind = open.charAt(open.length() - 1);
        open.setLength(open.length() - 1);
        if (!first) {
            newLine();
        }
        out.append(kind == '{' ? '}' : ']');
        first = false;
        return this;
    }

    /** The key of the next value. */
    public JsonWriter key(String key) {
        separate();
        quote(key);
        out.append(indent.isEmpty() ? ":" : ": ");
        afterKey = true;
        return this;
    }

    /** A text. */
    public JsonWriter value(String text) {
        separate();
        quote(text);
        return this;
    }

    /** A whole number. */
    public JsonWriter value(long number) {
        return raw(Long.toString(number));
    }

    /** A number; a whole one keeps {@code .0} as in Rust. */
    public JsonWriter value(double number) {
        return raw(Double.toString(number));
    }

    /** A truth value. */
    public JsonWriter value(boolean value) {
        return raw(value ? "true" : "false");
    }

    /** {@code null}. */
    public JsonWriter nothing() {
        return raw("null");
    }

    /** A tree; absent ones become {@code null}. */
    public JsonWriter value(ConfigNode node) {
        return switch (node.kind()) {
            case OBJECT -> {
                object();
                for (Map.Entry<String, ConfigNode> entry : node.entries().entrySet()) {
                    key(entry.getKey()).value(entry.getValue());
                }
                yield end();
            }
            case LIST -> {
                array();
                for (ConfigNode item : node.items()) {
                    value(item);
                }
                yield end();
            }
            case STRING -> value(node.text());
            case NUMBER ->
                    raw(
                            Character.isLetter(node.text().charAt(node.text().length() - 1))
                                    ? "null"
                                    : node.text()); // NaN
            case BOOLEAN -> raw(node.text());
            case NULL, ABSENT -> nothing();
        };
    }

    /** Text that is JSON already. */
    public JsonWriter raw(String json) {
        separate();
        out.append(json);
        return this;
    }

    /** {@code key} and a text. */
    public JsonWriter put(String key, String text) {
        return key(key).value(text);
    }

    /** {@code key} and a whole number. */
    public JsonWriter put(String key, long number) {
        return key(key).value(number);
    }

    /** {@code key} and a number. */
    public JsonWriter put(String key, double number) {
        return key(key).value(number);
    }

    /** {@code key} and a truth value. */
    public JsonWriter put(String key, boolean value) {
        return key(key).value(value);
    }

    /** {@code key} and a tree. */
    public JsonWriter put(String key, ConfigNode node) {
        return key(key).value(node);
    }

    /** A key with a list of texts. */
    public JsonWriter put(String key, Iterable<String> texts) {
        key(key).array();
        for (String text : texts) {
            value(text);
        }
        return end();
    }

    /** A key with an object of texts. */
    public JsonWriter put(String key, Map<String, String> texts) {
        key(key).object();
        texts.forEach(this::put);
        return end();
    }

    /** What was written. */
    @Override
    public String toString() {
        return out.toString();
    }

    private JsonWriter begin(char kind) {
        separate();
        out.append(kind);
        open.append(kind);
        first = true;
        return this;
    }

    private void separate() {
        if (afterKey) {
            afterKey = false;
            first = false;
            return;
        }
        if (open.isEmpty()) {
            first = false;
            return;
        }
        if (!first) {
            out.append(',');
        }
        newLine();
        first = false;
    }

    private void newLine() {
        if (!indent.isEmpty()) {
            out.append('\n').repeat(indent, open.length());
        }
    }

    private void quote(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20
                            || (html
                                    && (c == '<'
                                            || c == '>'
                                            || c == '&'
                                            || c == '\u2028'
                                            || c == '\u2029'))) {
                        unicode(c);
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private void unicode(char c) {
        out.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            out.append(HEX.charAt(c >> shift & 0xf));
        }
    }
}
