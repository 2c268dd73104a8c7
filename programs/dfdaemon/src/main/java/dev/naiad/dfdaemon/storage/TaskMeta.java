package dev.naiad.dfdaemon.storage;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
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
    /**
     * Pieces of one task: 4 TiB of the longest that are cut unasked. Memory is given per piece,
     * before the first byte has come.
     */
    public static final int MAX_PIECES = 1 << 16;

    /** Pieces shorter than {@link #SHORT_PIECE}, which cost more memory than they are worth. */
    static final int MAX_SHORT_PIECES = 1 << 10;

    static final long SHORT_PIECE = 1 << 20;

    /**
     * @throws NaiadException FAILED_PRECONDITION if the content is longer, or cut into more pieces,
     *     than this host takes
     */
    public TaskMeta {
        checkCount(taskId, layout);
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(responseHeaders);
        responseHeaders = Collections.unmodifiableMap(headers);
    }

    private static void checkCount(String taskId, PieceLayout layout) {
        int most = layout.pieceLength() < SHORT_PIECE ? MAX_SHORT_PIECES : MAX_PIECES;
        if (layout.count() > most) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    "task "
                            + taskId
                            + ": "
                            + layout.contentLength()
                            + " bytes in pieces of "
                            + layout.pieceLength()
                            + " are "
                            + layout.count()
                            + " pieces; at most "
                            + most
                            + " are taken");
        }
    }

    public long contentLength() {
        return layout.contentLength();
    }
}
