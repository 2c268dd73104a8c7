package dev.naiad.backend.objectstore;

import dev.naiad.base.config.Secret;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpUrl;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The header signature of OSS: HMAC-SHA1 over verb, digest and type of the body, date, x-oss
 * headers and {@code /bucket/key} with those parts of the query that change what is meant.
 */
final class OssSigner implements Signer {
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
                    .withZone(ZoneOffset.UTC);

    private static final Set<String> SIGNED = Set.of("uploads", "uploadId", "partNumber");

    private final Secret keyId;
    private final Secret key;
    private final String bucket;
    private final boolean pathStyle;
    private final InstantSource clock;

    /**
     * @param pathStyle whether the bucket is the begin of paths and not of the host's name
     */
    OssSigner(Secret keyId, Secret key, String bucket, boolean pathStyle, InstantSource clock) {
        this.keyId = keyId;
        this.key = key;
        this.bucket = bucket;
        this.pathStyle = pathStyle;
        this.clock = clock;
    }

    /** The key as it is, not encoded. */
    private String resource(HttpUrl url) {
        String path = URLDecoder.decode(url.path().replace("+", "%2B"), StandardCharsets.UTF_8);
        String key = pathStyle ? path : "/" + bucket + path;
        String parts =
                Arrays.stream(url.query().split("&", -1))
                        .filter(part -> SIGNED.contains(part.replaceFirst("=.*", "")))
                        .map(part -> URLDecoder.decode(part, StandardCharsets.UTF_8))
                        .sorted()
                        .collect(Collectors.joining("&"));
        return parts.isEmpty() ? key : key + "?" + parts;
    }

    @Override
    public HttpRequest sign(HttpRequest request, String bodySha256) {
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
                        + "\n"
                        + request.headers().first("Content-MD5").orElse("")
                        + "\n"
                        + request.headers().first("Content-Type").orElse("")
                        + "\n"
                        + date
                        + "\n"
                        + fields
                        + resource(request.url());
        byte[] mac = S3Signer.hmac("HmacSHA1", key.reveal().getBytes(StandardCharsets.UTF_8), text);
        return request.withHeaders(
                dated.with(
                        "Authorization",
                        "OSS " + keyId.reveal() + ":" + Base64.getEncoder().encodeToString(mac)));
    }
}
