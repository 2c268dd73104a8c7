package dev.naiad.dfdaemon.storage;

import dev.naiad.dragonfly.PieceLayout;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is known of a task before its first piece: where it comes from, how long it is, what the
 * origin said about it. Never holds request headers, for those carry credentials.
 */
public record TaskMeta(
        String taskId,
        String url,
        PieceLayout layout,
        Map<String, String> responseHeaders,
        Instant createdAt) {
    public TaskMeta {
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(responseHeaders);
        responseHeaders = Collections.unmodifiableMap(headers);
    }

    public long contentLength() {
        return layout.contentLength();
    }
}
