package dev.naiad.base.config;

import dev.naiad.base.error.NaiadException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The words of a TOML document: keys, strings, bare values, white space. For one thread. */
final class TomlScanner {
    private static final int MAX_DEPTH = 100;
    private static final char END = '\0';
    private static final Pattern INTEGER = Pattern.compile("[+-]?(0|[1-9](_?[0-9])*)");
    private static final Pattern PREFIXED =
            Pattern.compile("0x[0-9A-Fa-f](_?[0-9A-Fa-f])*|0o[0-7](_?[0-7])*|0b[01](_?[01])*");
    private static final Pattern FLOAT =
            Pattern.compile(
                    "[+-]?(0|[1-9](_?[0-9])*)((\\.[0-9](_?[0-9])*)([eE][+-]?[0-9](_?[0-9])*)?|[eE][+-]?[0-9](_?[0-9])*)");
    private static final Pattern DATE_OR_TIME =
            Pattern.compile(
                    "\\d{4}-\\d{2}-\\d{2}([Tt ]\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?([Zz]|[+-]\\d{2}:\\d{2})?)?|\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?");

    private final String file;
    private final String text;
    private int at;
    private int line = 1;
    private int depth;

    TomlScanner(String file, String text) {
        this.file = file;
        this.text = text.startsWith("\ufeff") ? text.substring(1) : text;
    }

    int line() {
        return line;
    }

    boolean atEnd() {
        return at >= text.length();
    }

    char peek() {
        return atEnd() ? END : text.charAt(at);
    }

    NaiadException error(String path, String why) {
        return ConfigNode.malformed(file, line, path, "malformed TOML: " + why);
    }

    void enter() {
        if (++depth > MAX_DEPTH) {
            throw error("", "nested too deeply");
        }
    }

    void leave() {
        depth--;
    }

    boolean accept(char c) {
        if (!atEnd() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    void expect(char c) {
        skipSpace();
        if (!accept(c)) {
            throw error(
                    "",
                    "expected "
                            + c
                            + ", found "
                            + (atEnd() ? "the end" : "\"" + restOfLine() + "\""));
        }
    }

    private String restOfLine() {
        int end = text.indexOf('\n', at);
        String rest = text.substring(at, end < 0 ? text.length() : end);
        return rest.length() > 40 ? rest.substring(0, 40) : rest;
    }

    void skipSpace() {
        while (peek() == ' ' || peek() == '\t') {
            at++;
        }
    }

    /** Skips white space, line ends and comments. */
    void skipBlankLines() {
        while (true) {
            skipSpace();
            if (peek() == '#') {
                skipComment();
            }
            if (!lineEnd()) {
                return;
            }
        }
    }

    /** What may follow a value or header: white space, a comment, then the line's end. */
    void endOfLine() {
        skipSpace();
        if (peek() == '#') {
            skipComment();
        }
        if (!atEnd() && !lineEnd()) {
            throw error("", "unexpected \"" + restOfLine() + "\"");
        }
    }

    private void skipComment() {
        while (!atEnd() && peek() != '\n') {
            at++;
        }
    }

    private boolean lineEnd() {
        if (accept('\n')) {
            line++;
            return true;
        }
        if (peek() == '\r' && at + 1 < text.length() && text.charAt(at + 1) == '\n') {
            at += 2;
            line++;
            return true;
        }
        return false;
    }

    List<String> dottedKey() {
        var keys = new ArrayList<String>();
        do {
            skipSpace();
            keys.add(simpleKey());
            skipSpace();
        } while (accept('.'));
        if (keys.size() > MAX_DEPTH) {
            throw error("", "nested too deeply");
        }
        return keys;
    }

    private String simpleKey() {
        if (peek() == '"' || peek() == '\'') {
            return singleLine(peek());
        }
        int start = at;
        while (isBare(peek())) {
            at++;
        }
        if (at == start) {
            throw error(
                    "",
                    "expected a key, found " + (atEnd() ? "the end" : "\"" + restOfLine() + "\""));
        }
        return text.substring(start, at);
    }

    private static boolean isBare(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '_'
                || c == '-';
    }

    /** A number, truth value, date or time as written. */
    String bareValue() {
        int start = at;
        while (isBare(peek()) || peek() == '+' || peek() == '.' || peek() == ':') {
            at++;
        }
        // A date and its time may be parted by one space.
        if (at - start == 10
                && peek() == ' '
                && at + 3 < text.length()
                && Character.isDigit(text.charAt(at + 1))
                && text.charAt(at + 3) == ':') {
            at++;
            while (isBare(peek()) || peek() == '+' || peek() == '.' || peek() == ':') {
                at++;
            }
        }
        return text.substring(start, at);
    }

    static boolean isNumber(String word) {
        return INTEGER.matcher(word).matches()
                || PREFIXED.matcher(word).matches()
                || FLOAT.matcher(word).matches()
                || word.matches("[+-]?(inf|nan)");
    }

    static boolean isDateOrTime(String word) {
        return DATE_OR_TIME.matcher(word).matches();
    }

    /** A number without underscores, plus and prefix; anything else as it is. */
    static String canonical(String word) {
        if (!isNumber(word)) {
            return word;
        }
        String plain = word.replace("_", "");
        if (plain.startsWith("0x")) {
            return new java.math.BigInteger(plain.substring(2), 16).toString();
        }
        if (plain.startsWith("0o")) {
            return new java.math.BigInteger(plain.substring(2), 8).toString();
        }
        if (plain.startsWith("0b")) {
            return new java.math.BigInteger(plain.substring(2), 2).toString();
        }
        return switch (plain) {
            case "inf", "+inf" -> "Infinity";
            case "-inf" -> "-Infinity";
            case "nan", "+nan", "-nan" -> "NaN";
            default -> plain.startsWith("+") ? plain.substring(1) : plain;
        };
    }

    /** A string of any of the four kinds. */
    String string() {
        char quote = peek();
        String triple = String.valueOf(quote).repeat(3);
        return text.startsWith(triple, at) ? multiLine(quote, triple) : singleLine(quote);
    }

    private String singleLine(char quote) {
        var out = new StringBuilder();
        at++;
        while (true) {
            char c = peek();
            if (atEnd() || c == '\n') {
                throw error("", "a string is not closed");
            }
            at++;
            if (c == quote) {
                return out.toString();
            }
            if (c == '\\' && quote == '"') {
                escape(out);
            } else {
                out.append(checked(c));
            }
        }
    }

    private String multiLine(char quote, String triple) {
        var out = new StringBuilder();
        at += 3;
        lineEnd();
        while (true) {
            if (atEnd()) {
                throw error("", "a string is not closed");
            }
            if (text.startsWith(triple, at)) {
                at += 3;
                // Up to two quotes may stand right before the closing three.
                for (int i = 0; i < 2 && accept(quote); i++) {
                    out.append(quote);
                }
                return out.toString();
            }
            if (lineEnd()) {
                out.append('\n');
                continue;
            }
            char c = text.charAt(at++);
            if (c == '\\' && quote == '"') {
                if (!lineContinues()) {
                    escape(out);
                }
            } else {
                out.append(checked(c));
            }
        }
    }

    /** After a backslash at a line's end all white space up to the next word is dropped. */
    private boolean lineContinues() {
        int start = at;
        skipSpace();
        if (!lineEnd()) {
            at = start;
            return false;
        }
        do {
            skipSpace();
        } while (lineEnd());
        return true;
    }

    private char checked(char c) {
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            throw error("", "a control character in a string");
        }
        return c;
    }

    private void escape(StringBuilder out) {
        char c = peek();
        at++;
        switch (c) {
            case 'b' -> out.append('\b');
            case 't' -> out.append('\t');
            case 'n' -> out.append('\n');
            case 'f' -> out.append('\f');
            case 'r' -> out.append('\r');
            case '"' -> out.append('"');
            case '\\' -> out.append('\\');
            case 'u' -> out.appendCodePoint(hex(4));
            case 'U' -> out.appendCodePoint(hex(8));
            default -> throw error("", "\\" + c + " is not an escape sequence");
        }
    }

    private int hex(int digits) {
        if (at + digits > text.length()) {
            throw error("", "a string is not closed");
        }
        String word = text.substring(at, at + digits);
        at += digits;
        try {
            int codePoint = Integer.parseUnsignedInt(word, 16);
            if (Character.isValidCodePoint(codePoint)
                    && (codePoint < 0xd800 || codePoint > 0xdfff)) {
                return codePoint;
            }
        } catch (NumberFormatException e) {
            // Falls through to the same error as a number that is not a code point.
        }
        throw error("", "\"" + word + "\" is not a Unicode code point");
    }
}
