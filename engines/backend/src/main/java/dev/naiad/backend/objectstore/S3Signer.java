package dev.naiad.backend.objectstore;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.config.Secret;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.Headers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** AWS Signature Version 4, the digest of the body included. */
final class S3Signer implements Signer {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final Secret keyId;
    private final Secret key;
    private final String region;
    private final InstantSource clock;

    S3Signer(Secret keyId, Secret key, String region, InstantSource clock) {
        this.keyId = keyId;
        this.key = key;
        this.region = region;
        this.clock = clock;
    }

    @Override
    public HttpRequest sign(HttpRequest request, String bodySha256) {
        if (keyId.isEmpty() || key.isEmpty()) {
            return request;
        }
        String time = TIME.format(clock.instant());
        String day = time.substring(0, 8);
        Headers dated =
                request.headers().with("x-amz-content-sha256", bodySha256).with("x-amz-date", time);
        var signed = new TreeMap<String, String>();
        signed.put("host", request.url().authority());
        dated.forEach(
                (name, value) -> {
                    String lower = name.toLowerCase(Locale.ROOT);
                    if (lower.startsWith("x-amz-") || lower.equals("range")) {
                        signed.put(lower, value.strip());
                    }
                });
        String names = String.join(";", signed.keySet());
        String fields =
                signed.entrySet().stream()
                        .map(e -> e.getKey() + ":" + e.getValue() + "\n")
                        .collect(Collectors.joining());
        String query =
                Arrays.stream(request.url().query().split("&", -1))
                        .filter(pair -> !pair.isEmpty())
                        .map(pair -> pair.indexOf('=') < 0 ? pair + "=" : pair)
                        .sorted()
                        .collect(Collectors.joining("&"));
        String canonical =
                String.join(
                        "\n",
                        request.method(),
                        request.url().path(),
                        query,
                        fields,
                        names,
                        bodySha256);
        String scope = day + "/" + region + "/s3/aws4_request";
        String text =
                String.join(
                        "\n",
                        "AWS4-HMAC-SHA256",
                        time,
                        scope,
                        Digest.sha256Of(canonical.getBytes(StandardCharsets.UTF_8)).hex());
        byte[] derived = ("AWS4" + key.reveal()).getBytes(StandardCharsets.UTF_8);
        for (String part : new String[] {day, region, "s3", "aws4_request", text}) {
            derived = hmac("HmacSHA256", derived, part);
        }
        return request.withHeaders(
                dated.with(
                        "Authorization",
                        "AWS4-HMAC-SHA256 Credential="
                                + keyId.reveal()
                                + "/"
                                + scope
                                + ", SignedHeaders="
                                + names
                                + ", Signature="
                                + Hex.encode(derived)));
    }

    static byte[] hmac(String algorithm, byte[] key, String text) {
        try {
            var mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(key, algorithm));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + algorithm, e);
        }
    }
}
