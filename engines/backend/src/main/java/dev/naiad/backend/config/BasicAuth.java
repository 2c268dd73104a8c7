package dev.naiad.backend.config;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The {@code auth} value: base64 of user:password. */
final class BasicAuth {
    private BasicAuth() {}

    static boolean valid(String base64) {
        try {
            byte[] decoded = Base64.getDecoder().decode(base64.strip());
            return new String(decoded, StandardCharsets.UTF_8).indexOf(':') >= 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
