package dev.naiad.net.wire;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Path;

/** Where a socket listens or connects to. */
public sealed interface Endpoint {

    /**
     * Host name or address (IPv6 without brackets) and port; port 0 lets the system choose when
     * listening.
     */
    record Tcp(String host, int port) implements Endpoint {
        public Tcp {
            if (host.isEmpty() || port < 0 || port > 65535) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        "endpoint " + host + ":" + port + " is not an address");
            }
        }

        @Override
        public String toString() {
            return host.contains(":") ? "[" + host + "]:" + port : host + ":" + port;
        }
    }

    /** A unix domain socket. */
    record Unix(Path path) implements Endpoint {
        /** The kernel's limit of {@code sun_path}, less the final zero. */
        public static final int MAX_PATH_BYTES = 107;

        public Unix {
            if (path.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length
                    > MAX_PATH_BYTES) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        "socket path is longer than " + MAX_PATH_BYTES + " bytes: " + path);
            }
        }

        @Override
        public String toString() {
            return "unix://" + path;
        }
    }

    static Endpoint tcp(String host, int port) {
        return new Tcp(host, port);
    }

    static Endpoint unix(Path path) {
        return new Unix(path);
    }

    /**
     * Reads {@code unix:///path}, {@code unix:/path}, an absolute path, {@code host:port} or {@code
     * [v6]:port}.
     */
    static Endpoint parse(String text) {
        if (text.startsWith("unix://")) {
            return unix(Path.of(text.substring("unix://".length())));
        }
        if (text.startsWith("unix:")) {
            return unix(Path.of(text.substring("unix:".length())));
        }
        if (text.startsWith("/")) {
            return unix(Path.of(text));
        }
        int colon = text.lastIndexOf(':');
        if (colon <= 0) {
            throw bad(text);
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw bad(text);
        }
        try {
            return tcp(host, Integer.parseInt(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw bad(text);
        }
    }

    private static NaiadException bad(String text) {
        return new NaiadException(
                ErrorKind.INVALID_ARGUMENT,
                "\"" + text + "\" is neither host:port nor unix:///path");
    }
}
