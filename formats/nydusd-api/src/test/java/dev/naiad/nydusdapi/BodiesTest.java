package dev.naiad.nydusdapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.error.NaiadException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BodiesTest {
    private static final String INFO =
            "{\"version\":{\"package_ver\":\"0.1.0\",\"git_commit\":\"abc\",\"build_time\":\"now\",\"profile\":\"release\",\"rustc\":\"none\"},"
                    + "\"id\":null,\"supervisor\":\"/s.sock\",\"state\":\"RUNNING\","
                    + "\"backend_collection\":{\"/17\":{\"backend_type\":\"Rafs\",\"mountpoint\":\"/17\","
                    + "\"mounted_time\":\"2026-01-01"
                    + " 00:00:00.000000000 +00:00:00\",\"config\":{\"version\":2}}}}";

    private static ConfigNode json(String text) {
        return JsonReader.parse("test", text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<Long> numbers(int count) {
        return Collections.nCopies(count, 7L);
    }

    @Test
    void daemonInfoIsReadAndWrittenAsItWas() {
        var info = DaemonInfo.of(json(INFO));

        assertThat(info.toJson()).isEqualTo(INFO);
        assertThat(info.id()).isEmpty();
        assertThat(info.supervisor()).contains("/s.sock");
        assertThat(info.state()).isEqualTo(DaemonState.RUNNING);
        assertThat(info.instance("/17")).map(FsInstance::backendType).contains("Rafs");
        assertThat(info.instance("/18")).isEmpty();
    }

    @Test
    void daemonInfoOfVersion2HasNoCollection() {
        var info = DaemonInfo.of(json("{\"state\":\"INIT\",\"backend_collection\":null}"));

        assertThat(info.instances()).isEmpty();
        assertThat(info.toJson()).endsWith("\"backend_collection\":null}");
    }

    @Test
    void unknownStatesAreUnknown() {
        assertThat(DaemonState.of("DIED")).isEqualTo(DaemonState.UNKNOWN);
    }

    @Test
    void mountRequestsSurviveTheWire() {
        var request = new MountRequest("rafs", "/boot", "{\"a\":1}", Optional.of(List.of("/bin")));

        var read = MountRequest.parse(request.toJson().getBytes(StandardCharsets.UTF_8));

        assertThat(read).isEqualTo(request);
        assertThat(MountRequest.rafs("/b", "").toJson())
                .isEqualTo("{\"fs_type\":\"rafs\",\"source\":\"/b\",\"config\":\"\"}");
    }

    @Test
    void mountRequestsDoNotPrintTheirConfiguration() {
        assertThat(MountRequest.rafs("/b", "secret")).hasToString("rafs from /b");
    }

    @Test
    void aMountRequestNamesEverythingThatIsMissing() {
        assertThatThrownBy(
                        () ->
                                MountRequest.parse(
                                        "{\"fs_type\":\"rafs\"}".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("source")
                .hasMessageContaining("config");
    }

    @Test
    void metricsAreReadAsWritten() {
        var fs =
                new FsMetrics(
                        true,
                        false,
                        true,
                        true,
                        "/",
                        1,
                        -1, // all 64 bits set
                        numbers(8),
                        numbers(15),
                        numbers(15),
                        numbers(15),
                        numbers(8));
        assertThat(fs.toJson()).contains("\"data_read\":18446744073709551615,");
        assertThat(FsMetrics.of(json(fs.toJson()))).isEqualTo(fs);

        var backend =
                new BackendMetrics(
                        "registry",
                        1,
                        2,
                        3,
                        4,
                        numbers(8),
                        numbers(8),
                        Collections.nCopies(8, numbers(8)));
        assertThat(BackendMetrics.of(json(backend.toJson()))).isEqualTo(backend);

        var cache =
                new BlobcacheMetrics(
                        List.of("x.blob.data"),
                        "/w",
                        1,
                        2,
                        3,
                        4,
                        5,
                        6,
                        7,
                        8,
                        9,
                        10,
                        11,
                        12,
                        13,
                        14,
                        true);
        assertThat(BlobcacheMetrics.of(json(cache.toJson()))).isEqualTo(cache);

        var inflight = List.of(new InflightRequest(1, 15, Long.MIN_VALUE, 4));
        assertThat(InflightRequest.listOf(json(InflightRequest.toJson(inflight))))
                .isEqualTo(inflight);
    }
}
