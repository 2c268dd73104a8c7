package dev.naiad.dragonfly;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes a URL in the one form that enters a task id: scheme and host in lower case, no default
 * port, no dot segments, the surviving query pairs re-encoded as a form would encode them, in their
 * order.
 */
final class UrlNormalizer {
    private static final Pattern URL =
            Pattern.compile("^([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)([^?#]*)(\\?[^#]*)?(#.*)?$");
    private static final Map<String, String> DEFAULT_PORTS =
            Map.of("http", ":80", "https", ":443", "ftp", ":21", "ws", ":80", "wss", ":443");
    private static final String PATH_ESCAPED = " \"#<>?`{}^";

    private UrlNormalizer() {}

    static String normalize(String url, List<String> filteredQueryParams) {
        Matcher parts = URL.matcher(url.strip());
        if (!parts.matches()) {
            throw new IllegalArgumentException("not an absolute URL: " + withoutQuery(url));
        }
        String scheme = parts.group(1).toLowerCase(Locale.ROOT);
        boolean special = DEFAULT_PORTS.containsKey(scheme);
        String authority = authority(scheme, parts.group(2), special);
        if (special && authority.isEmpty()) {
            throw new IllegalArgumentException("URL without a host: " + withoutQuery(url));
        }
        String path = path(parts.group(3), special);
        String query = parts.group(4) == null ? "" : query(parts.group(4), filteredQueryParams);
        String fragment = parts.group(5) == null ? "" : parts.group(5);
        String text = scheme + "://" + authority + path + query + fragment;
        if (path.equals("/")) {
            while (text.endsWith("/")) {
                text = text.substring(0, text.length() - 1);
            }
        }
        return text;
    }

    private static String withoutQuery(String url) {
        int query = url.indexOf('?');
        return query < 0 ? url : url.substring(0, query);
    }

    private static String authority(String scheme, String raw, boolean special) {
        int at = raw.lastIndexOf('@');
        String user = at < 0 ? "" : raw.substring(0, at + 1);
        String host = raw.substring(at + 1);
        if (special) {
            host = host.toLowerCase(Locale.ROOT);
            String port = DEFAULT_PORTS.getOrDefault(scheme, "");
            if (host.endsWith(port)) {
                host = host.substring(0, host.length() - port.length());
            } else if (host.endsWith(":")) {
                host = host.substring(0, host.length() - 1);
            }
        }
        return user + host;
    }

    private static String path(String raw, boolean special) {
        if (raw.isEmpty()) {
            return special ? "/" : "";
        }
        Deque<String> kept = new ArrayDeque<>();
        String[] segments = raw.substring(1).split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            boolean last = i == segments.length - 1;
            String plain = segments[i].replace("%2e", ".").replace("%2E", ".");
            if (plain.equals("..")) {
                kept.pollLast();
                if (last) {
                    kept.addLast("");
                }
            } else if (plain.equals(".")) {
                if (last) {
                    kept.addLast("");
                }
            } else {
                kept.addLast(escapePath(segments[i]));
            }
        }
        return "/" + String.join("/", kept);
    }

    private static String escapePath(String segment) {
        var out = new StringBuilder(segment.length());
        for (byte b : segment.getBytes(StandardCharsets.UTF_8)) {
            int c = b & 0xff;
            if (c <= 0x1f || c >= 0x7f || PATH_ESCAPED.indexOf(c) >= 0) {
                escape(out, c);
            } else {
                out.append((char) c);
            }
        }
        return out.toString();
    }

    private static String query(String raw, List<String> filteredQueryParams) {
        Set<String> filtered = Set.copyOf(filteredQueryParams);
        var out = new StringBuilder();
        for (String pair : raw.substring(1).split("&", -1)) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            byte[] name = decodeForm(equals < 0 ? pair : pair.substring(0, equals));
            byte[] value = decodeForm(equals < 0 ? "" : pair.substring(equals + 1));
            if (filtered.contains(new String(name, StandardCharsets.UTF_8))) {
                continue;
            }
            out.append(out.isEmpty() ? '?' : '&');
            encodeForm(out, name);
            out.append('=');
            encodeForm(out, value);
        }
        return out.toString();
    }

    private static byte[] decodeForm(String text) {
        byte[] in = text.getBytes(StandardCharsets.UTF_8);
        var out = new ByteArrayOutputStream(in.length);
        for (int i = 0; i < in.length; i++) {
            if (in[i] == '+') {
                out.write(' ');
            } else if (in[i] == '%' && i + 2 < in.length && isHex(in[i + 1]) && isHex(in[i + 2])) {
                out.write(Character.digit(in[i + 1], 16) << 4 | Character.digit(in[i + 2], 16));
                i += 2;
            } else {
                out.write(in[i]);
            }
        }
        return out.toByteArray();
    }

    private static void encodeForm(StringBuilder out, byte[] bytes) {
        for (byte b : bytes) {
            int c = b & 0xff;
            if ((c >= 'A' && c <= 'Z')
                    || (c >= 'a' && c <= 'z')
                    || (c >= '0' && c <= '9')
                    || c == '*'
                    || c == '-'
                    || c == '.'
                    || c == '_') {
                out.append((char) c);
            } else if (c == ' ') {
                out.append('+');
            } else {
                escape(out, c);
            }
        }
    }

    private static void escape(StringBuilder out, int c) {
        out.append('%')
                .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                .append(Character.toUpperCase(Character.forDigit(c & 0xf, 16)));
    }

    private static boolean isHex(byte c) {
        return Character.digit(c, 16) >= 0;
    }
}
