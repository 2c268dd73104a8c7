package dev.naiad.dfdaemon.proxy;

import dev.naiad.net.http.Headers;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** The headers by which clients steer the proxy, and those by which it answers. */
final class ProxyHeaders {
    static final String PREFIX = "x-dragonfly-";
    static final String TAG = "X-Dragonfly-Tag";
    static final String APPLICATION = "X-Dragonfly-Application";
    static final String PRIORITY = "X-Dragonfly-Priority";
    static final String REGISTRY = "X-Dragonfly-Registry";
    static final String FILTERED_QUERY_PARAMS = "X-Dragonfly-Filtered-Query-Params";
    static final String USE_P2P = "X-Dragonfly-Use-P2P";
    static final String PREFETCH = "X-Dragonfly-Prefetch";
    static final String PIECE_LENGTH = "X-Dragonfly-Piece-Length";
    static final String CONTENT_FOR_TASK_ID = "X-Dragonfly-Content-For-Calculating-Task-ID";
    static final String BLOB_DIGEST_IDS = "X-Dragonfly-Enable-Task-ID-Based-Blob-Digest";

    static final String TASK_ID = "X-Dragonfly-Task-ID";
    static final String SERVER_IP = "X-Dragonfly-Server-IP";
    static final String FINISHED = "X-Dragonfly-Task-Download-Finished";
    static final String ERROR_TYPE = "X-Dragonfly-Error-Type";

    private static final Set<String> HOP_BY_HOP =
            Set.of(
                    "host",
                    "connection",
                    "proxy-connection",
                    "proxy-authorization",
                    "keep-alive",
                    "te",
                    "trailer",
                    "transfer-encoding",
                    "content-length",
                    "upgrade",
                    "expect");

    private ProxyHeaders() {}

    /** Whether a header is {@code true} in any case; empty if it is absent. */
    static Optional<Boolean> bool(Headers headers, String name) {
        return headers.first(name).map(value -> value.strip().equalsIgnoreCase("true"));
    }

    static List<String> list(String value) {
        return Arrays.stream(value.split(",", -1))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .toList();
    }

    /** What may go on to the next server: neither about this connection nor meant for us. */
    static Headers forwarded(Headers headers) {
        var kept = headers.toBuilder();
        headers.forEach(
                (name, value) -> {
                    String lower = name.toLowerCase(Locale.ROOT);
                    if (HOP_BY_HOP.contains(lower) || lower.startsWith(PREFIX)) {
                        kept.remove(name);
                    }
                });
        return kept.build();
    }
}
