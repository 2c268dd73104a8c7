package dev.naiad.e2e.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessLogTest {
    @TempDir Path dir;

    @Test
    void requestsAreReadAmongOtherLines() throws Exception {
        var file = dir.resolve("registry.log");
        var blob = "a".repeat(64);
        Files.writeString(
                file,
                """
                time="2026-11-29T16:19:17Z" level=warning msg="something else \\"GET\\""
                10.98.0.11 - - [29/Nov/2026:16:19:17 +0000] "GET /v2/naiad/x/blobs/sha256:%1$s HTTP/1.1" 206 4096 "" "dragonfly/0.1.0"
                10.98.0.11 - - [29/Nov/2026:16:19:17 +0000] "GET /v2/naiad/x/blobs/sha256:%1$s HTTP/1.1" 206 1 "" "dragonfly/0.1.0"
                10.98.0.11:4711 - naiad [29/Nov/2026:16:19:18 +0000] "HEAD /v2/naiad/x/manifests/t HTTP/1.1" 404 157 "" "skopeo/1.18.0"
                10.98.0.11 - - [29/Nov/2026:16:19:18 +0000] "GET /v2/naiad/x/blobs/sha256:%1$s HTTP/1.1" 401 - "" "nydusd/1.0.0"
                half a line"""
                        .formatted(blob));
        var log = new AccessLog(file);
        assertThat(log.entries()).hasSize(4);
        assertThat(log.entries().getFirst())
                .isEqualTo(
                        new AccessLog.Entry(
                                "10.98.0.11",
                                "GET",
                                "/v2/naiad/x/blobs/sha256:" + blob,
                                206,
                                4096,
                                "dragonfly/0.1.0"));
        assertThat(log.entries().getFirst().blob()).isEqualTo(blob);
        assertThat(log.entries().get(1).isStat()).isTrue();
        assertThat(log.entries().get(2).ip()).isEqualTo("10.98.0.11");
        assertThat(log.entries().get(3).isBlobContent()).isFalse();
        assertThat(AccessLog.bytes(log.entries(), AccessLog.Entry::isBlobContent)).isEqualTo(4097);
        assertThat(log.since(3)).hasSize(1);
        assertThat(log.since(9)).isEmpty();
    }

    @Test
    void aLogThatIsNotThereIsEmpty() {
        assertThat(new AccessLog(dir.resolve("none")).entries()).isEmpty();
    }

    @Test
    void countersAreSummedByNameAndLabel() {
        var counters =
                Counters.parse(
                        """
                        # HELP traffic Bytes.
                        # TYPE traffic counter
                        traffic{type="A",x="1"} 10
                        traffic{type="A",x="2"} 5
                        traffic{type="B",x="1"} 1e3
                        traffic_other{type="A"} 99
                        plain 7
                        """);
        assertThat(counters.sum("traffic", "type=\"A\"")).isEqualTo(15);
        assertThat(counters.sum("traffic", "type=\"B\"")).isEqualTo(1000);
        assertThat(counters.sum("plain", "")).isEqualTo(7);
        assertThat(counters.sum("absent", "")).isZero();
    }
}
