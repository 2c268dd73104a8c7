package dev.naiad.dfdaemon.task;

/**
 * The lines that people and tests grep in dfdaemon.log. One physical line each; the URL stands
 * before {@code task_id="}, which occurs once, because guides cut the id out with a greedy pattern.
 */
public final class DownloadLogLines {
    /** The name under which downloads are logged; it stands before each of their lines. */
    public static final String DOWNLOAD_LOGGER = "download_task";

    public static final String STARTED = "download task started: ";
    public static final String SUCCEEDED = "download task succeeded";
    public static final String FAILED = "download task failed";
    static final String PARENT_DROPPED = "task {}: parent {} sent a bad piece and is dropped: {}";
    static final String TASK_SPOILED = "task {}: the content is not what its name says: {}";

    private DownloadLogLines() {}

    /** What stands behind every line of a download. */
    static String span(String hostId, String taskId, String peerId) {
        return " host_id=\"" + hostId + "\" task_id=\"" + taskId + "\" peer_id=\"" + peerId + "\"";
    }

    static String started(String url, String range, String span, boolean prefetch) {
        return STARTED
                + "Download { url: \""
                + clean(url)
                + "\", range: "
                + range
                + " }"
                + span
                + suffix(prefetch);
    }

    static String succeeded(
            String url,
            String span,
            long contentLength,
            long source,
            long remote,
            long local,
            boolean prefetch) {
        return SUCCEEDED
                + " url=\""
                + clean(url)
                + "\""
                + span
                + " content_length="
                + contentLength
                + " source_bytes="
                + source
                + " remote_bytes="
                + remote
                + " local_bytes="
                + local
                + suffix(prefetch);
    }

    static String failed(String url, String span, String why, boolean prefetch) {
        return FAILED
                + " url=\""
                + clean(url)
                + "\""
                + span
                + suffix(prefetch)
                + ": "
                + oneLine(why);
    }

    private static String suffix(boolean prefetch) {
        return prefetch ? " is_prefetch=true" : "";
    }

    /** Queries may carry signatures; quotes and line ends would break the line. */
    static String clean(String url) {
        int query = url.indexOf('?');
        return oneLine(query < 0 ? url : url.substring(0, query)).replace("\"", "%22");
    }

    private static String oneLine(String text) {
        return text.replace('\n', ' ').replace('\r', ' ');
    }
}
