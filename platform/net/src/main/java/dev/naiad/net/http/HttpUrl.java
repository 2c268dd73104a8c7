package dev.naiad.net.http;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.wire.Endpoint;
import java.util.Locale;

/**
 * An http or https URL whose request target is kept byte for byte: registries sign their redirect
 * targets, so nothing is decoded or normalised. User info and fragment are dropped.
 *
 * @param scheme {@code http} or {@code https}
 * @param host in lower case, IPv6 without brackets
 * @param port never 0; the scheme's default filled in
 * @param target path and query, begins with a slash
 */
public record HttpUrl(String scheme, String host, int port, String target) {

    public HttpUrl {
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw bad(scheme + "://" + host, "scheme is not http or https");
        }
        if (host.isEmpty() || port < 1 || port > 65535) {
            throw bad(host + ":" + port, "no host and port");
        }
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c <= ' ' || c >= 127 || "/?#@[]\\".indexOf(c) >= 0) {
                throw bad(host, "host has a character that is not allowed");
            }
        }
        if (!target.startsWith("/")) {
            throw bad(target, "path does not begin with a slash");
        }
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c == 127 || c > 255) {
                throw bad(host, "path has a character that is not encoded");
            }
        }
    }

    public static HttpUrl parse(String text) {
        int sep = text.indexOf("://");
        if (sep <= 0) {
            throw bad(text, "no scheme");
        }
        String scheme = text.substring(0, sep).toLowerCase(Locale.ROOT);
        int start = sep + 3;
        int end = endOfAuthority(text, start);
        String authority = text.substring(start, end);
        authority = authority.substring(authority.lastIndexOf('@') + 1);
        String rest = cutFragment(text.substring(end));
        String target = rest.isEmpty() ? "/" : rest.startsWith("/") ? rest : "/" + rest;
        return withAuthority(text, scheme, authority, target);
    }

    /** The host and port part {@code host[:port]} of a URL with this scheme. */
    public static HttpUrl of(String scheme, String authority, String target) {
        return withAuthority(authority, scheme, authority, target);
    }

    private static HttpUrl withAuthority(
            String text, String scheme, String authority, String target) {
        String host = authority;
        int port = scheme.equals("https") ? 443 : 80;
        int colon = authority.lastIndexOf(':');
        int bracket = authority.lastIndexOf(']');
        if (colon > bracket) {
            host = authority.substring(0, colon);
            String digits = authority.substring(colon + 1);
            if (!digits.isEmpty()) {
                try {
                    port = Integer.parseInt(digits);
                } catch (NumberFormatException e) {
                    throw bad(text, "port is not a number");
                }
            }
        }
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return new HttpUrl(scheme, host.toLowerCase(Locale.ROOT), port, target);
    }

    /** The URL of a Location header: absolute, scheme-relative, absolute path, or relative. */
    public HttpUrl resolve(String location) {
        int sep = location.indexOf("://");
        int slash = location.indexOf('/');
        if (sep > 0 && (slash < 0 || slash > sep)) {
            return parse(location);
        }
        if (location.startsWith("//")) {
            return parse(scheme + ":" + location);
        }
        String cut = cutFragment(location);
        if (cut.startsWith("/")) {
            return withTarget(cut);
        }
        String path = path();
        if (cut.startsWith("?") || cut.isEmpty()) {
            return withTarget(path + cut);
        }
        return withTarget(path.substring(0, path.lastIndexOf('/') + 1) + cut);
    }

    public HttpUrl withTarget(String newTarget) {
        return new HttpUrl(scheme, host, port, newTarget);
    }

    /** Adds {@code name=value} (already encoded) to the query. */
    public HttpUrl withQuery(String encoded) {
        return withTarget(
                target
                        + (target.indexOf('?') < 0 ? "?" : target.endsWith("?") ? "" : "&")
                        + encoded);
    }

    /** The target up to the question mark. */
    public String path() {
        int question = target.indexOf('?');
        return question < 0 ? target : target.substring(0, question);
    }

    /** What follows the question mark, or nothing. */
    public String query() {
        int question = target.indexOf('?');
        return question < 0 ? "" : target.substring(question + 1);
    }

    public boolean secure() {
        return scheme.equals("https");
    }

    /** {@code host} or {@code host:port} if the port is not the scheme's own: the Host header. */
    public String authority() {
        String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return port == (secure() ? 443 : 80) ? name : name + ":" + port;
    }

    public Endpoint endpoint() {
        return Endpoint.tcp(host, port);
    }

    /** Scheme, host and port are equal, so that credentials may follow. */
    public boolean sameOrigin(HttpUrl other) {
        return scheme.equals(other.scheme) && host.equals(other.host) && port == other.port;
    }

    /**
     * The URL without its query: queries may carry signatures, so this is what logs and errors
     * print.
     */
    public String display() {
        return scheme + "://" + authority() + path();
    }

    /** The whole URL, query included. */
    @Override
    public String toString() {
        return scheme + "://" + authority() + target;
    }

    private static int endOfAuthority(String text, int start) {
        for (int i = start; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '/' || c == '?' || c == '#') {
                return i;
            }
        }
        return text.length();
    }

    private static String cutFragment(String text) {
        int hash = text.indexOf('#');
        return hash < 0 ? text : text.substring(0, hash);
    }

    private static NaiadException bad(String text, String why) {
        int question = text.indexOf('?');
        String shown = Tokens.printable(question < 0 ? text : text.substring(0, question));
        return new NaiadException(ErrorKind.INVALID_ARGUMENT, "URL \"" + shown + "\": " + why);
    }
}
