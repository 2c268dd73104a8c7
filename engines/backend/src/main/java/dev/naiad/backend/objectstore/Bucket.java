package dev.naiad.backend.objectstore;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.config.BackendConfig.Kind;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.HttpUrl;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Locale;

/**
 * The addresses of a bucket and its objects, and their signatures. S3 is spoken to in path style,
 * OSS in host style, or in path style if its endpoint is an address, of which there are no
 * subdomains.
 */
final class Bucket {
    private final BackendConfig.ObjectStore config;
    private final Signer signer;
    private final boolean pathStyle;

    Bucket(BackendConfig.ObjectStore config, InstantSource clock) {
        this.config = config;
        this.pathStyle = config.kind() == Kind.S3 || isAddress(config.endpoint());
        this.signer =
                switch (config.kind()) {
                    case S3 ->
                            new S3Signer(
                                    config.accessKeyId(),
                                    config.accessKeySecret(),
                                    config.region(),
                                    clock);
                    case OSS ->
                            new OssSigner(
                                    config.accessKeyId(),
                                    config.accessKeySecret(),
                                    config.bucketName(),
                                    pathStyle,
                                    clock);
                };
    }

    Kind kind() {
        return config.kind();
    }

    /** The key of an object. */
    String key(String name) {
        return config.objectPrefix() + name;
    }

    /** Address of an object. */
    HttpUrl object(String name) {
        return url("/" + encode(key(name), true));
    }

    /** Address of the bucket itself. */
    HttpUrl bucket() {
        return url(pathStyle && config.kind() == Kind.S3 ? "" : "/");
    }

    private HttpUrl url(String path) {
        return pathStyle
                ? HttpUrl.of(config.scheme(), config.endpoint(), "/" + config.bucketName() + path)
                : HttpUrl.of(config.scheme(), config.bucketName() + "." + config.endpoint(), path);
    }

    HttpRequest sign(HttpRequest request) {
        return signer.sign(request);
    }

    HttpRequest sign(HttpRequest request, String bodySha256) {
        return signer.sign(request, bodySha256);
    }

    private static boolean isAddress(String endpoint) {
        return endpoint.startsWith("[") || endpoint.matches("[0-9.]+(:[0-9]+)?");
    }

    /** Percent-encodes all but the unreserved characters, as both signatures demand. */
    static String encode(String text, boolean keepSlashes) {
        var encoded = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || "-_.~".indexOf(c) >= 0);
            if (plain || (keepSlashes && c == '/')) {
                encoded.append(c);
            } else {
                encoded.append(String.format(Locale.ROOT, "%%%02X", (int) c));
            }
        }
        return encoded.toString();
    }
}
