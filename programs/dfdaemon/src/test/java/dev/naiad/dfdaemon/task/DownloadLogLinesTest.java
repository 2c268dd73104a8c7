package dev.naiad.dfdaemon.task;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The guide cuts the task id out with {@code grep -oP 'alpine.*task_id="\K[^"]+'}. */
final class DownloadLogLinesTest {
    private static final String SPAN =
            DownloadLogLines.span("10.0.0.1-n1", "ab".repeat(32), "peer-1");
    private static final String URL = "http://r:5000/v2/naiad/alpine/blobs/sha256:12?sig=secret";

    @Test
    void theGuidesGrepFindsTheTaskIdInEveryLine() {
        Pattern guide = Pattern.compile("alpine.*task_id=\"([^\"]+)");
        for (String line :
                new String[] {
                    DownloadLogLines.started(URL, "None", SPAN, false),
                    DownloadLogLines.succeeded(URL, SPAN, 10, 1, 2, 3, true),
                    DownloadLogLines.failed(URL, SPAN, "two\nlines", false)
                }) {
            Matcher found = guide.matcher(line);
            assertThat(found.find()).as(line).isTrue();
            assertThat(found.group(1)).isEqualTo("ab".repeat(32));
            assertThat(line.split("task_id=", -1)).hasSize(2);
            assertThat(line).doesNotContain("\n").doesNotContain("secret");
        }
    }

    @Test
    void theLinesAreThoseOfTheOriginal() {
        assertThat(DownloadLogLines.started(URL, "None", SPAN, false))
                .isEqualTo(
                        "download task started: Download { url: \"http://r:5000/v2/naiad/alpine/blobs/sha256:12\", range: None }"
                                + " host_id=\"10.0.0.1-n1\" task_id=\""
                                + "ab".repeat(32)
                                + "\" peer_id=\"peer-1\"");
        assertThat(DownloadLogLines.succeeded(URL, SPAN, 6144000, 0, 6144000, 0, true))
                .isEqualTo(
                        "download task succeeded url=\"http://r:5000/v2/naiad/alpine/blobs/sha256:12\""
                                + " host_id=\"10.0.0.1-n1\" task_id=\""
                                + "ab".repeat(32)
                                + "\" peer_id=\"peer-1\" content_length=6144000 source_bytes=0"
                                + " remote_bytes=6144000 local_bytes=0 is_prefetch=true");
    }
}
