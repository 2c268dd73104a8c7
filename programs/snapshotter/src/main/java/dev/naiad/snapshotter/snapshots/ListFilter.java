package dev.naiad.snapshotter.snapshots;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.snapshotter.store.SnapshotInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * containerd's list filters: {@code field op value}, comma separated parts all hold, of several
 * filters one holds. Operators {@code ==}, {@code !=}, {@code ~=} (regular expression found
 * anywhere); a bare field tests presence. Fields: {@code kind}, {@code name}, {@code parent},
 * {@code labels.KEY}; keys and values may be quoted as in Go.
 */
final class ListFilter {
    private static final String OPERATOR = "=!~";

    private final String text;
    private int at;

    private ListFilter(String text) {
        this.text = text;
    }

    /**
     * Accepts everything if there is no filter. @throws NaiadException INTERNAL (that is UNKNOWN on
     * the wire)
     */
    static Predicate<SnapshotInfo> parse(List<String> filters) {
        if (filters.isEmpty()) {
            return info -> true;
        }
        var any = new ArrayList<Predicate<SnapshotInfo>>();
        for (String filter : filters) {
            any.add(new ListFilter(filter).parseAll());
        }
        return info -> any.stream().anyMatch(one -> one.test(info));
    }

    private Predicate<SnapshotInfo> parseAll() {
        var all = new ArrayList<Predicate<SnapshotInfo>>();
        while (true) {
            skipSpace();
            if (at >= text.length()) {
                break;
            }
            all.add(selector());
            skipSpace();
            if (at < text.length()) {
                if (text.charAt(at) != ',') {
                    throw failure("expected a separator or end of filter");
                }
                at++;
            }
        }
        return info -> all.stream().allMatch(one -> one.test(info));
    }

    private Predicate<SnapshotInfo> selector() {
        List<String> field = fieldPath();
        skipSpace();
        if (at >= text.length() || text.charAt(at) == ',') {
            return info -> valueOf(field, info).isPresent();
        }
        int start = at;
        while (at < text.length() && OPERATOR.indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        int end = at;
        String operator = text.substring(start, end);
        skipSpace();
        return switch (operator) {
            case "==" -> equal(field, value());
            case "!=" -> differing(field, value());
            case "~=" -> matching(field, value());
            case "" ->
                    throw failure(start, start + 1, "expected an operator (\"==\"|\"!=\"|\"~=\")");
            default -> throw failure(start, end, "unsupported operator \"" + operator + "\"");
        };
    }

    private static Predicate<SnapshotInfo> equal(List<String> field, String value) {
        return info -> valueOf(field, info).filter(value::equals).isPresent();
    }

    private static Predicate<SnapshotInfo> differing(List<String> field, String value) {
        return info -> !valueOf(field, info).orElse("").equals(value);
    }

    private Predicate<SnapshotInfo> matching(List<String> field, String value) {
        try {
            Pattern pattern = Pattern.compile(value);
            return info -> pattern.matcher(valueOf(field, info).orElse("")).find();
        } catch (PatternSyntaxException e) {
            throw failure("bad regular expression: " + e.getDescription());
        }
    }

    private static Optional<String> valueOf(List<String> field, SnapshotInfo info) {
        return switch (field.getFirst()) {
            case "kind" -> Optional.of(info.kind().word());
            case "name" -> Optional.of(info.name());
            case "parent" -> Optional.of(info.parent());
            case "labels" ->
                    Optional.ofNullable(
                            info.labels().get(String.join(".", field.subList(1, field.size()))));
            default -> Optional.empty();
        };
    }

    private List<String> fieldPath() {
        var parts = new ArrayList<String>();
        do {
            if (at < text.length() && text.charAt(at) == '.') {
                at++;
            }
            parts.add(at < text.length() && text.charAt(at) == '"' ? quoted() : word());
        } while (at < text.length() && text.charAt(at) == '.');
        return parts;
    }

    private String word() {
        int start = at;
        while (at < text.length()
                && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
            at++;
        }
        if (at == start) {
            throw failure("expected field or quoted");
        }
        return text.substring(start, at);
    }

    private String value() {
        if (at < text.length() && text.charAt(at) == '"') {
            return quoted();
        }
        int start = at;
        while (at < text.length()
                && text.charAt(at) != ','
                && !Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        if (at == start) {
            throw failure("expected value or quoted");
        }
        return text.substring(start, at);
    }

    private String quoted() {
        var value = new StringBuilder();
        for (at++; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return value.toString();
            }
            if (c == '\\' && at + 1 < text.length()) {
                at++;
                value.append(unescape(text.charAt(at)));
            } else {
                value.append(c);
            }
        }
        throw failure("unterminated quoted text");
    }

    private static char unescape(char c) {
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            default -> c;
        };
    }

    private void skipSpace() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private NaiadException failure(String what) {
        return failure(at, at + 1, what);
    }

    /** Shows where in the filter it went wrong, as containerd does. */
    private NaiadException failure(int from, int to, String what) {
        int start = Math.min(from, text.length());
        int end = Math.min(to, text.length());
        return new NaiadException(
                ErrorKind.INTERNAL,
                "filters: parse error: ["
                        + text.substring(0, start)
                        + " >|"
                        + text.substring(start, end)
                        + "|< "
                        + text.substring(end)
                        + "]: "
                        + what
                        + ": invalid argument");
    }
}
