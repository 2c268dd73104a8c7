package dev.naiad.net.client;

import dev.naiad.net.http.MalformedHttpException;

/** {@code HTTP/1.1 200 OK}. */
final class StatusLine {
    private StatusLine() {}

    static int parse(String line) throws MalformedHttpException {
        boolean good =
                line.length() >= 12
                        && line.startsWith("HTTP/1.")
                        && line.charAt(8) == ' '
                        && (line.length() == 12 || line.charAt(12) == ' ');
        int status = 0;
        for (int i = 9; good && i < 12; i++) {
            char c = line.charAt(i);
            good = c >= '0' && c <= '9';
            status = status * 10 + (c - '0');
        }
        if (!good || status < 100) {
            throw new MalformedHttpException(
                    502, "answer does not begin with an HTTP/1.1 status line");
        }
        return status;
    }

    static boolean oldVersion(String line) {
        return line.startsWith("HTTP/1.0");
    }
}
