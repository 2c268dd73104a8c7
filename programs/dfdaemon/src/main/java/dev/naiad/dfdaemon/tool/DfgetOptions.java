package dev.naiad.dfdaemon.tool;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.config.Durations;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.config.Sizes;
import dev.naiad.dragonfly.FilteredQueryParams;
import dev.naiad.dragonfly.PieceLayout;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Priority;
import dev.naiad.dragonfly.api.common.TaskType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A parsed command line of dfget. */
public record DfgetOptions(
        String url,
        Path output,
        boolean recursive,
        boolean transfer,
        boolean overwrite,
        boolean forceHardLink,
        Optional<String> contentForTaskId,
        Duration timeout,
        Optional<String> digest,
        int priority,
        Optional<Long> pieceLength,
        String application,
        String tag,
        List<String> headers,
        List<String> filteredQueryParams,
        boolean disableBackToSource,
        boolean noProgress,
        Path endpoint) {

    public DfgetOptions {
        headers = List.copyOf(headers);
        filteredQueryParams = List.copyOf(filteredQueryParams);
    }

    /** Reads the flags; INVALID_ARGUMENT for values that are none. */
    public static DfgetOptions of(CommandLine line) {
        return new DfgetOptions(
                line.argument(0).orElse(""),
                Path.of(line.get("output")).toAbsolutePath().normalize(),
                line.flag("recursive"),
                line.flag("transfer-from-dfdaemon"),
                line.flag("overwrite"),
                line.flag("force-hard-link"),
                line.find("content-for-calculating-task-id"),
                Durations.parse(line.get("timeout").replace(" ", "")),
                line.find("digest"),
                (int) line.number("priority"),
                line.find("piece-length").map(DfgetOptions::size),
                line.get("application"),
                line.get("tag"),
                line.all("header"),
                line.given("filtered-query-param")
                        ? line.all("filtered-query-param")
                        : FilteredQueryParams.DEFAULT,
                line.flag("disable-back-to-source"),
                line.flag("no-progress"),
                Path.of(line.get("endpoint")).toAbsolutePath());
    }

    private static long size(String text) {
        return Sizes.parse(text)
                .orElseThrow(() -> invalid("--piece-length " + text + " is not a size"));
    }

    /** Refuses what cannot work before anybody is asked. */
    public void check() {
        if (!url.matches("[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+.*")) {
            throw invalid("url " + url + " is not absolute");
        }
        int query = url.indexOf('?');
        String path = query < 0 ? url : url.substring(0, query);
        if (recursive || path.endsWith("/")) {
            throw invalid("unsupported http download directory: " + path);
        }
        Path parent = output.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw invalid("output path " + output + ": no such directory");
        }
        if (Files.isDirectory(output)) {
            throw invalid("output path " + output + " is a directory");
        }
        if (Files.exists(output) && !overwrite) {
            throw invalid("output path " + output + " already exists, use --overwrite");
        }
        if (pieceLength.isPresent()
                && (pieceLength.get() < PieceLayout.MIN_PIECE_LENGTH
                        || pieceLength.get() > PieceLayout.MAX_PIECE_LENGTH)) {
            throw invalid("piece length " + pieceLength.get() + " is outside 4MiB..64MiB");
        }
    }

    /** The request to dfdaemon. */
    Download download() {
        Download.Builder download =
                Download.newBuilder()
                        .setType(TaskType.STANDARD)
                        .setUrl(url)
                        .setTag(tag)
                        .setApplication(application)
                        .setPriority(Priority.forNumber(priority))
                        .addAllFilteredQueryParams(filteredQueryParams)
                        .setTimeout(
                                com.google.protobuf.Duration.newBuilder()
                                        .setSeconds(timeout.toSeconds()))
                        .setDisableBackToSource(disableBackToSource)
                        .setNeedPieceContent(transfer)
                        .setForceHardLink(forceHardLink)
                        .setOverwrite(overwrite);
        digest.ifPresent(download::setDigest);
        pieceLength.ifPresent(download::setPieceLength);
        contentForTaskId.ifPresent(download::setContentForCalculatingTaskId);
        if (!transfer) {
            download.setOutputPath(output.toString());
        }
        for (String header : headers) {
            int colon = header.indexOf(':');
            if (colon > 0) {
                download.putRequestHeader(
                        header.substring(0, colon).strip(), header.substring(colon + 1).strip());
            }
        }
        return download.build();
    }

    private static NaiadException invalid(String what) {
        return new NaiadException(ErrorKind.INVALID_ARGUMENT, what);
    }
}
