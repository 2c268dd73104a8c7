package dev.naiad.oci.auth;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One challenge of a WWW-Authenticate header.
 *
 * @param scheme in small letters
 * @param parameters by name in small letters
 */
public record Challenge(String scheme, Map<String, String> parameters) {
    public Challenge {
        parameters = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    public boolean isBasic() {
        return scheme.equals("basic");
    }

    public boolean isBearer() {
        return scheme.equals("bearer");
    }

    public String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }

    /**
     * Reads one header value, which may hold several challenges: {@code Scheme a=b, c="d, e", Other
     * x=y}. What cannot be understood is left out.
     */
    public static List<Challenge> parse(String header) {
        return new Parser(header).parse();
    }

    /** The challenges of all header values. */
    public static List<Challenge> parseAll(List<String> headers) {
        var all = new ArrayList<Challenge>();
        headers.forEach(header -> all.addAll(parse(header)));
        return all;
    }

    /** Walks over the text once. */
    private static final class Parser {
        private final String text;
        private final List<Challenge> found = new ArrayList<>();
        private int at;

        Parser(String text) {
            this.text = text;
        }

        List<Challenge> parse() {
            String scheme = "";
            Map<String, String> parameters = new LinkedHashMap<>();
            while (true) {
                skip(" \t,");
                String token = token();
                if (token.isEmpty()) {
                    break;
                }
                int mark = at;
                skip(" \t");
                if (at < text.length() && text.charAt(at) == '=' && !scheme.isEmpty()) {
                    at++;
                    skip(" \t");
                    parameters.put(token.toLowerCase(Locale.ROOT), value());
                } else {
                    at = mark;
                    finish(scheme, parameters);
                    scheme = token.toLowerCase(Locale.ROOT);
                    parameters = new LinkedHashMap<>();
                }
            }
            finish(scheme, parameters);
            return found;
        }

        private void finish(String scheme, Map<String, String> parameters) {
            if (!scheme.isEmpty()) {
                found.add(new Challenge(scheme, parameters));
            }
        }

        private void skip(String characters) {
            while (at < text.length() && characters.indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private String token() {
            int start = at;
            while (at < text.length() && " \t,=\"".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            return text.substring(start, at);
        }

        private String value() {
            if (at >= text.length() || text.charAt(at) != '"') {
                return token();
            }
            var quoted = new StringBuilder();
            at++;
            while (at < text.length() && text.charAt(at) != '"') {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                quoted.append(text.charAt(at++));
            }
            at = Math.min(at + 1, text.length());
            return quoted.toString();
        }
    }
}
