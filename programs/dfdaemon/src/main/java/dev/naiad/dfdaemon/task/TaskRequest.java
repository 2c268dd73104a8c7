package dev.naiad.dfdaemon.task;

import dev.naiad.dragonfly.api.common.Download;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A request for the content of a task, or a range of it.
 *
 * @param download as the API describes it; its {@code range} wins over the header
 * @param rangeHeader an HTTP Range, if one was sent
 * @param inOrder whether the asker reads from the beginning to the end; one who waits for all of it
 *     gets it sooner in any order
 */
public record TaskRequest(Download download, Optional<String> rangeHeader, boolean inOrder) {
    /** A request whose asker reads in order. */
    public TaskRequest(Download download, Optional<String> rangeHeader) {
        this(download, rangeHeader, true);
    }

    /** A call of the API: without the content in the answers only the end counts. */
    public static TaskRequest of(Download download) {
        return new TaskRequest(download, header(download, "range"), download.getNeedPieceContent());
    }

    /** A request header, whatever the case of its name. */
    static Optional<String> header(Download download, String name) {
        return download.getRequestHeaderMap().entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    boolean isRanged() {
        return download.hasRange() || rangeHeader.isPresent();
    }

    /** The same for the whole content, as a prefetch. */
    TaskRequest prefetch() {
        var headers = new HashMap<>(download.getRequestHeaderMap());
        headers.keySet().removeIf("range"::equalsIgnoreCase);
        return new TaskRequest(
                download.toBuilder()
                        .clearRange()
                        .clearOutputPath()
                        .clearRequestHeader()
                        .putAllRequestHeader(headers)
                        .setPrefetch(false)
                        .setIsPrefetch(true)
                        .build(),
                Optional.empty());
    }
}
