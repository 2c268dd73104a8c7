package dev.naiad.net.client;

import dev.naiad.net.http.HttpUrl;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules of NO_PROXY. */
final class ProxyExceptions {
    private ProxyExceptions() {}

    static boolean match(List<String> entries, HttpUrl url) {
        String host = url.host();
        if (host.equals("localhost") || host.startsWith("127.") || host.equals("::1")) {
            return true;
        }
        for (String entry : entries) {
            if (entry.equals("*") || matches(entry, url)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(String entry, HttpUrl url) {
        String rule = entry;
        int slash = rule.indexOf('/');
        if (slash > 0) {
            return inNetwork(url.host(), rule.substring(0, slash), rule.substring(slash + 1));
        }
        int colon = rule.lastIndexOf(':');
        if (colon > 0 && rule.indexOf(':') == colon) {
            if (!rule.substring(colon + 1).equals(Integer.toString(url.port()))) {
                return false;
            }
            rule = rule.substring(0, colon);
        }
        if (rule.startsWith("*.")) {
            rule = rule.substring(1);
        }
        if (rule.startsWith(".")) {
            return url.host().endsWith(rule);
        }
        return url.host().equals(rule) || url.host().endsWith("." + rule);
    }

    private static boolean inNetwork(String host, String network, String bits) {
        Integer address = ipv4(host);
        Integer base = ipv4(network);
        if (address == null || base == null || !bits.matches("[0-9]{1,2}")) {
            return false;
        }
        int length = Integer.parseInt(bits);
        int mask = length == 0 ? 0 : length >= 32 ? -1 : -1 << (32 - length);
        return (address & mask) == (base & mask);
    }

    private static @Nullable Integer ipv4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return null;
        }
        int value = 0;
        for (String part : parts) {
            if (!part.matches("[0-9]{1,3}") || Integer.parseInt(part) > 255) {
                return null;
            }
            value = value << 8 | Integer.parseInt(part);
        }
        return value;
    }
}
