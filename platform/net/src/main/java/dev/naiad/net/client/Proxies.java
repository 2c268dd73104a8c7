package dev.naiad.net.client;

import dev.naiad.net.http.HttpUrl;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides which HTTP proxy a URL goes through. */
public interface Proxies {
    Proxies NONE = url -> Optional.empty();

    Optional<Proxy> of(HttpUrl url);

    /**
     * An HTTP proxy.
     *
     * @param authorization value of Proxy-Authorization, or empty
     */
    record Proxy(HttpUrl url, String authorization) {
        /** Reads {@code [http://][user:password@]host[:port]}. */
        public static Proxy parse(String text) {
            String full = text.contains("://") ? text : "http://" + text;
            int start = full.indexOf("://") + 3;
            int slash = full.indexOf('/', start);
            String authority = slash < 0 ? full.substring(start) : full.substring(start, slash);
            int at = authority.lastIndexOf('@');
            String authorization = "";
            if (at >= 0) {
                String user = decode(authority.substring(0, at));
                authorization =
                        "Basic "
                                + Base64.getEncoder()
                                        .encodeToString(user.getBytes(StandardCharsets.UTF_8));
            }
            return new Proxy(HttpUrl.parse(full), authorization);
        }

        private static String decode(String text) {
            return java.net.URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        }

        @Override
        public String toString() {
            return url.display();
        }
    }

    /** Everything through one proxy. */
    static Proxies fixed(Proxy proxy) {
        return url -> Optional.of(proxy);
    }

    /**
     * HTTP_PROXY, HTTPS_PROXY and NO_PROXY, small letters first, as other tools read them: NO_PROXY
     * is a comma list of hosts (which cover their subdomains), {@code .domain}, {@code *.domain},
     * {@code host:port}, IPv4 networks and {@code *}. Loopback never goes through a proxy.
     */
    static Proxies fromEnvironment(Map<String, String> env) {
        @Nullable Proxy http = variable(env, "http_proxy");
        @Nullable Proxy https = variable(env, "https_proxy");
        if (http == null && https == null) {
            return NONE;
        }
        var exceptions = new ArrayList<String>();
        for (String entry : value(env, "no_proxy").split("[,\\s]+", -1)) {
            if (!entry.isEmpty()) {
                exceptions.add(entry.toLowerCase(Locale.ROOT));
            }
        }
        List<String> no = List.copyOf(exceptions);
        return url ->
                ProxyExceptions.match(no, url)
                        ? Optional.empty()
                        : Optional.ofNullable(url.secure() ? https : http);
    }

    private static @Nullable Proxy variable(Map<String, String> env, String name) {
        String value = value(env, name);
        return value.isEmpty() ? null : Proxy.parse(value);
    }

    private static String value(Map<String, String> env, String name) {
        String small = env.getOrDefault(name, "");
        return (small.isEmpty() ? env.getOrDefault(name.toUpperCase(Locale.ROOT), "") : small)
                .strip();
    }
}
