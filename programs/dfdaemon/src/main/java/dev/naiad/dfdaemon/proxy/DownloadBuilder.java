package dev.naiad.dfdaemon.proxy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.config.ProxyConfig;
import dev.naiad.dfdaemon.config.Sizes;
import dev.naiad.dfdaemon.task.TaskRequest;
import dev.naiad.dragonfly.PieceLayout;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Priority;
import dev.naiad.dragonfly.api.common.TaskType;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpUrl;
import java.util.List;
import java.util.Optional;

/** Turns a request to the proxy into the request for a task. */
final class DownloadBuilder {
    private static final int LOWEST_PRIORITY = 6;

    private final ProxyConfig config;

    DownloadBuilder(ProxyConfig config) {
        this.config = config;
    }

    TaskRequest build(HttpUrl url, Headers headers, List<String> filtered, String remoteIp) {
        Optional<String> range = headers.first("Range");
        Download.Builder download =
                Download.newBuilder()
                        .setUrl(url.toString())
                        .setType(TaskType.STANDARD)
                        .setPriority(priority(headers))
                        .addAllFilteredQueryParams(
                                headers.first(ProxyHeaders.FILTERED_QUERY_PARAMS)
                                        .map(ProxyHeaders::list)
                                        .orElse(filtered))
                        .setDisableBackToSource(config.disableBackToSource())
                        .setEnableTaskIdBasedBlobDigest(
                                ProxyHeaders.bool(headers, ProxyHeaders.BLOB_DIGEST_IDS)
                                        .orElse(config.blobDigestIds()))
                        .setPrefetch(
                                range.isPresent()
                                        && ProxyHeaders.bool(headers, ProxyHeaders.PREFETCH)
                                                .orElse(config.prefetch()));
        headers.first(ProxyHeaders.TAG).ifPresent(download::setTag);
        headers.first(ProxyHeaders.APPLICATION).ifPresent(download::setApplication);
        headers.first(ProxyHeaders.CONTENT_FOR_TASK_ID)
                .ifPresent(download::setContentForCalculatingTaskId);
        headers.first(ProxyHeaders.PIECE_LENGTH)
                .flatMap(Sizes::parse)
                .ifPresent(size -> download.setPieceLength(checkPieceLength(size)));
        if (!remoteIp.isEmpty()) {
            download.setRemoteIp(remoteIp);
        }
        ProxyHeaders.forwarded(headers)
                .without("Range")
                .forEach(
                        (name, value) -> {
                            if (value.chars().allMatch(c -> c >= ' ' && c < 127)) {
                                download.putRequestHeader(name, value);
                            }
                        });
        return new TaskRequest(download.build(), range);
    }

    private static long checkPieceLength(long size) {
        if (size < PieceLayout.MIN_PIECE_LENGTH || size > PieceLayout.MAX_PIECE_LENGTH) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    ProxyHeaders.PIECE_LENGTH + " is outside 4MiB..64MiB");
        }
        return size;
    }

    private static Priority priority(Headers headers) {
        int level = LOWEST_PRIORITY;
        try {
            level =
                    headers.first(ProxyHeaders.PRIORITY)
                            .map(String::strip)
                            .map(Integer::parseInt)
                            .orElse(LOWEST_PRIORITY);
        } catch (NumberFormatException e) {
            level = LOWEST_PRIORITY; // as the original: what is not a number is the default
        }
        Priority priority = Priority.forNumber(level);
        return priority == null ? Priority.LEVEL6 : priority;
    }
}
