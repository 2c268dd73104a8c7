package dev.naiad.dfdaemon.piece;

import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.net.http.Headers;
import java.util.Map;

/** Where content comes from when no peer has it. */
public interface Origin {
    /**
     * What the origin says about a content.
     *
     * @param headers of the full object: Content-Length is that of the whole, no Content-Range
     */
    record Stat(long contentLength, Headers headers) {}

    /**
     * Asks for length and headers.
     *
     * @throws OriginException if the origin answers with an error status
     * @throws dev.naiad.base.error.NaiadException UNAVAILABLE or DEADLINE_EXCEEDED if it does not
     *     answer
     */
    Stat stat(String url, Map<String, String> requestHeaders);

    /** Fetches one piece into the store; failures as {@link #stat}. */
    PieceRecord fetch(
            StoredTask task,
            int number,
            String url,
            Map<String, String> requestHeaders,
            RateLimiter[] limits,
            TransferHandle handle);
}
