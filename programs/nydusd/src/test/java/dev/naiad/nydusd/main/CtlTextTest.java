package dev.naiad.nydusd.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.JsonReader;
import dev.naiad.nydusdapi.BackendMetrics;
import dev.naiad.nydusdapi.BlobcacheMetrics;
import dev.naiad.nydusdapi.DaemonInfo;
import dev.naiad.nydusdapi.FsMetrics;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The layout that people and scripts know from the original. */
class CtlTextTest {
    private static final List<Long> NONE = List.of(0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L);

    private static BackendMetrics backend(long factor) {
        return new BackendMetrics(
                "registry",
                3 * factor,
                1,
                1_572_864 * factor,
                90 * factor,
                List.of(0L, 0L, 30 * factor, 0L, 0L, 0L, 0L, 60 * factor),
                List.of(0L, 0L, 2 * factor, 0L, 0L, 0L, 0L, factor),
                List.of());
    }

    @Test
    void theDaemonAndItsMounts() {
        var info =
                DaemonInfo.of(
                        JsonReader.parse(
                                "test",
                                """
                                {"version":{"package_ver":"2.4.4","git_commit":"abc","build_time":"",
                                "profile":"release","rustc":""},"state":"RUNNING","backend_collection":{
                                "/b":{"backend_type":"PassthroughFs","mountpoint":"/b","mounted_time":"then","config":null},
                                "/a":{"backend_type":"Rafs","mountpoint":"/a","mounted_time":"now","config":{
                                "cache":{"prefetch":{"enable":true,"batch_size":1048576}},"rafs":{"mode":"direct"}}}}}
                                """));
        assertThat(CtlText.info(info))
                .isEqualTo(
                        """

                        Version:                "2.4.4"
                        Status:                 "RUNNING"
                        Profile:                "release"
                        Commit:                 "abc"
                        Instances:
                        \tInstance Mountpoint:  /a
                        \tType:  Rafs
                        \tMounted Time:  now
                        \tMode:  direct
                        \tPrefetch:  true
                        \tPrefetch Merging Size:  1048576

                        \tInstance Mountpoint:  /b
                        \tType:  PassthroughFs
                        \tMounted Time:  then
                        """);
    }

    @Test
    void theCache() {
        var metrics =
                new BlobcacheMetrics(
                        List.of("a.blob.data", "b\"c"),
                        "/cache",
                        1,
                        2,
                        3,
                        4,
                        3_145_728,
                        2,
                        8,
                        5,
                        500,
                        100,
                        250,
                        101,
                        750,
                        6,
                        false);
        assertThat(CtlText.cache(metrics))
                .isEqualTo(
                        """

                        Partial Hits:               1
                        Whole Hits:                 2
                        Total Read:                 3
                        Directory:                  "/cache"
                        Files:                      ["a.blob.data","b\\"c"]
                        Persister Buffer:           6

                        Prefetch Workers:           8
                        Prefetch Amount:            3145728 = 3072 KB
                        Prefetch Requests:          2
                        Prefetch Average Size:      1572864 Bytes
                        Prefetch Duration:          1.5 Seconds
                        Prefetch Bandwidth:         2 MB/S
                        Prefetch Request Latency:   0.25 Seconds
                        Prefetch Unmerged:          5
                        """);
    }

    @Test
    void aCacheThatPrefetchedNothing() {
        var metrics =
                new BlobcacheMetrics(
                        List.of(), "/c", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, true);
        assertThat(CtlText.cache(metrics))
                .contains("Prefetch Bandwidth:         0 MB/S\n")
                .contains("Prefetch Request Latency:   0 Seconds\n");
    }

    @Test
    void theFilesystem() {
        var hits = List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L, 12L, 13L, 14L, 15L);
        var errors = List.of(0L, 0L, 0L, 0L, 77L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L);
        var metrics =
                new FsMetrics(
                        false,
                        false,
                        false,
                        true,
                        "/",
                        0,
                        3_500_000,
                        NONE,
                        hits,
                        errors,
                        hits,
                        List.of(1L, 0L, 0L, 0L, 0L, 0L, 0L, 123_456_789L));
        assertThat(CtlText.fsStats(metrics).lines().map(String::stripTrailing))
                .containsExactly(
                        "",
                        "Read Latency:   <1ms    ~20ms   ~50ms   ~100ms  ~500ms  ~1s     ~2s     2s~",
                        "Reads Count:    1       0       0       0       0       0       0       123456789",
                        "",
                        "Read Errors: 77",
                        "Read Data: 3500000Bytes (3MB)",
                        "",
                        "FOP Counters:",
                        "Getattr(1) Readlink(2) Open(3) Release(4) Read(5) Statfs(6) Getxattr(7) Listxattr(8)",
                        "Opendir(9) Lookup(10) Readdir(11) Readdirplus(12) Access(13) Forget(14) BatchForget(15)");
    }

    @Test
    void theBackend() {
        assertThat(CtlText.backend(backend(1)).lines().map(String::stripTrailing))
                .containsExactly(
                        "",
                        "Backend Type:       \"registry\"",
                        "Read Amount:        1572864 Bytes (1.5 MB)",
                        "Read Count:         3",
                        "Read Errors:        1",
                        "",
                        "Block Sizes:             <1K     1K~     4K~     16K~    64K~    128K~   512K~   1M~",
                        "Average Latency(millis): 0       0       15      0       0       0       0       60",
                        "",
                        "Block Sizes:             <1K     1K~     4K~     16K~    64K~    128K~   512K~   1M~",
                        "Request Count:           0       0       2       0       0       0       0       1");
    }

    @Test
    void whatTheBackendDidInAnInterval() {
        var text = CtlText.backendChange(backend(1), backend(3), Duration.ofSeconds(2));
        assertThat(text.lines().map(String::stripTrailing))
                .containsExactly(
                        "",
                        ">>> >>> >>> >>> >>>",
                        "Backend Read Bandwidth:     1536 KB/S",
                        "Backend Average IO Size:    524288 Bytes",
                        "Backend Average Latency:    30 millis",
                        "",
                        "Block Sizes/millis:",
                        "<1K     1K~     4K~     16K~    64K~    128K~   512K~   1M~",
                        "0       0       15      0       0       0       0       60",
                        "<<< <<< <<< <<< <<<");
    }
}
