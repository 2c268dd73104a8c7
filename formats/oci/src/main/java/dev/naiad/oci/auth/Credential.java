package dev.naiad.oci.auth;

import dev.naiad.base.config.Secret;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** How a registry is told who asks. */
public sealed interface Credential {
    /** User name and password. */
    record Basic(String username, Secret password) implements Credential {
        /** Base64 of user:password, as in Basic headers and in nydusd's {@code auth}. */
        public Secret encoded() {
            return Secret.of(
                    Base64.getEncoder()
                            .encodeToString(
                                    (username + ":" + password.reveal())
                                            .getBytes(StandardCharsets.UTF_8)));
        }
    }

    /** A refresh token that is exchanged for access tokens (OAuth2). */
    record IdentityToken(Secret token) implements Credential {}

    /** An access token to be sent as it is. */
    record RegistryToken(Secret token) implements Credential {}

    /** Reads base64 of user:password; INVALID_ARGUMENT if it is anything else. */
    static Basic ofEncoded(Secret base64) {
        String text;
        try {
            text =
                    new String(
                            Base64.getDecoder().decode(base64.reveal().strip()),
                            StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, "auth is not base64");
        }
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "auth is not the base64 of user:password");
        }
        String password = text.substring(colon + 1);
        int end = password.length();
        while (end > 0 && password.charAt(end - 1) == 0) {
            end--; // compat: old docker logins padded the text with zeros
        }
        return new Basic(text.substring(0, colon), Secret.of(password.substring(0, end)));
    }
}
