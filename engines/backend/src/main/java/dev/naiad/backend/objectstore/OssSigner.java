package dev.naiad.backend.objectstore;

import dev.naiad.base.config.Secret;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.Headers;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The header signature of OSS: HMAC-SHA1 over verb, date, x-oss headers and {@code /bucket/key}.
 */
final class OssSigner implements Signer {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private final Secret keyId;
    private final Secret key;
    private final String bucket;
    private final InstantSource clock;

    OssSigner(Secret keyId, Secret key, String bucket, InstantSource clock) {
        this.keyId = keyId;
        this.key = key;
        this.bucket = bucket;
        this.clock = clock;
    }

    @Override
    public HttpRequest sign(HttpRequest request) {
        if (keyId.isEmpty() || key.isEmpty()) {
            return request;
        }
        String date = DATE.format(clock.instant());
        Headers dated = request.headers().with("Date", date);
        var special = new TreeMap<String, String>();
        dated.forEach(
                (name, value) -> {
                    String lower = name.toLowerCase(Locale.ROOT);
                    if (lower.startsWith("x-oss-")) {
                        special.put(lower, value.strip());
                    }
                });
        String fields =
                special.entrySet().stream()
                        .map(e -> e.getKey() + ":" + e.getValue() + "\n")
                        .collect(Collectors.joining());
        String text =
                request.method()
                        + "\n\n\n"
                        + date
                        + "\n"
                        + fields
                        + "/"
                        + bucket
                        + request.url().path();
        byte[] mac = S3Signer.hmac("HmacSHA1", key.reveal().getBytes(StandardCharsets.UTF_8), text);
        return request.withHeaders(
                dated.with(
                        "Authorization",
                        "OSS " + keyId.reveal() + ":" + Base64.getEncoder().encodeToString(mac)));
    }
}
