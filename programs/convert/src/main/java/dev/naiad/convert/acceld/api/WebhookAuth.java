package dev.naiad.convert.acceld.api;

import dev.naiad.base.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;

/**
 * Who may ask for conversions: the {@code Authorization} header must be the one that is configured
 * for the image's registry.
 *
 * @param headers by registry host; an empty one asks for nothing
 */
public record WebhookAuth(Map<String, Secret> headers) {
    public WebhookAuth {
        headers = Map.copyOf(headers);
    }

    boolean allows(String host, Optional<String> header) {
        Secret wanted = headers.getOrDefault(host, Secret.of(""));
        if (wanted.isEmpty()) {
            // compat: a header that nothing is known to compare with is refused.
            return header.isEmpty();
        }
        // Takes as long for any wrong header as for the right one.
        return header.isPresent()
                && MessageDigest.isEqual(
                        header.get().getBytes(StandardCharsets.UTF_8),
                        wanted.reveal().getBytes(StandardCharsets.UTF_8));
    }
}
