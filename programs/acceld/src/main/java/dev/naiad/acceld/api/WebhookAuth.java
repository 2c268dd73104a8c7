package dev.naiad.acceld.api;

import dev.naiad.base.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Optional;

/**
 * Who may ask for conversions: the {@code Authorization} header must be the one that is configured
 * for the image's registry; for a registry that is not configured, any of those that are.
 *
 * @param headers by registry host; an empty one asks for nothing
 */
public record WebhookAuth(Map<String, Secret> headers) {
    public WebhookAuth {
        headers = Map.copyOf(headers);
    }

    boolean allows(String host, Optional<String> header) {
        Secret wanted = headers.get(host);
        if (wanted != null && !wanted.isEmpty()) {
            return header.isPresent() && isEqual(header.get(), wanted);
        }
        if (header.isEmpty()) {
            // Where secrets are in use nobody without one makes acceld call just any host.
            return wanted != null || headers.values().stream().allMatch(Secret::isEmpty);
        }
        // compat: a header that nothing is known to compare with is refused.
        return wanted == null
                && headers.values().stream()
                        .anyMatch(each -> !each.isEmpty() && isEqual(header.get(), each));
    }

    /** Why {@link #allows} said no. */
    String refusal(String host) {
        return headers.containsKey(host)
                ? "the Authorization header is not the one of " + host
                : "host "
                        + host
                        + " is not configured under provider.source, and the request has none of the"
                        + " Authorization headers that are";
    }

    /** Takes as long for any wrong header as for the right one. */
    private static boolean isEqual(String header, Secret wanted) {
        return MessageDigest.isEqual(
                header.getBytes(StandardCharsets.UTF_8),
                wanted.reveal().getBytes(StandardCharsets.UTF_8));
    }
}
