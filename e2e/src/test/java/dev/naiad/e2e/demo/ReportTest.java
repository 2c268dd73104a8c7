package dev.naiad.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.config.JsonReader;
import dev.naiad.e2e.lab.AccessLog;
import dev.naiad.e2e.lab.LabException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final List<Run> RUNS =
            List.of(
                    new Run(
                            "plain <OCI>",
                            10,
                            11,
                            1,
                            100_000_000,
                            1,
                            100_000_000,
                            100_000_000,
                            0,
                            0,
                            0,
                            0,
                            9),
                    new Run(
                            "lazy",
                            1,
                            1.5,
                            0.1,
                            5_000_000,
                            2,
                            90_000_000,
                            4_000_000,
                            3_000_000,
                            0,
                            0,
                            0,
                            12));

    @Test
    void theTableHasOneLineForEachRun() {
        var lines = new Report("image", RUNS).table().lines().toList();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(3))
                .contains("1.00 s", "1.50 s", "0.10 x", "5.0 MB (5.6 %)", "4.0 MB", "12");
        assertThat(lines.get(0)).hasSameSizeAs(lines.get(3));
    }

    @Test
    void theJsonIsReadBack() {
        var json = JsonReader.parse("report", new Report("im\"age", RUNS).json());
        assertThat(json.get("image").text()).isEqualTo("im\"age");
        assertThat(json.get("runs").items()).hasSize(2);
        assertThat(json.get("runs").items().get(1).get("wallSeconds").text()).isEqualTo("1.000");
        assertThat(json.get("runs").items().get(1).get("registryRequests").text()).isEqualTo("12");
    }

    @Test
    void theChartEscapesNames() {
        assertThat(new Report("image", RUNS).svg())
                .startsWith("<svg")
                .contains("plain &lt;OCI&gt;")
                .endsWith("</svg>\n");
    }

    @Test
    void booksThatDisagreeAreNamed() {
        var zero = new Meter.PeerCount(0, 0, 0, 0);
        var before = new Meter.Reading(0, zero, List.of(zero, zero));
        var after =
                new Meter.Reading(
                        3,
                        new Meter.PeerCount(100, 0, 0, 90),
                        List.of(new Meter.PeerCount(0, 90, 0, 0), zero));
        var blob = "b".repeat(64);
        var path = "/v2/x/blobs/sha256:" + blob;
        var sent =
                List.of(
                        new AccessLog.Entry("a", "GET", path, 206, 1, "dragonfly/1"),
                        new AccessLog.Entry("a", "GET", path, 206, 100, "dragonfly/1"));
        assertThat(Equations.of(before, after, sent, Map.of(blob, 100L)).broken()).isEmpty();
        var twice =
                List.of(
                        sent.get(0),
                        sent.get(1),
                        new AccessLog.Entry("a", "GET", path, 206, 100, "nydusd/1"));
        assertThat(Equations.of(before, after, twice, Map.of(blob, 100L)).broken())
                .hasSize(3)
                .anyMatch(line -> line.contains("200 is not 100"))
                .anyMatch(line -> line.contains("requests of nydusd past the peer: 1 is not 0"))
                .anyMatch(line -> line.contains("a second time: 100 is not 0"));
    }

    @Test
    void optionsAreReadInBothForms() {
        var options =
                DemoOptions.parse(
                        List.of(
                                "--rate=50mbit",
                                "--json",
                                "/x/y",
                                "--prefetch",
                                "--command",
                                "a b"));
        assertThat(options.megabits()).isEqualTo(50);
        assertThat(options.json()).hasToString("Optional[/x/y]");
        assertThat(options.prefetch()).isTrue();
        assertThat(options.command()).containsExactly("a", "b");
        assertThat(DemoOptions.parse(List.of()).megabits()).isEqualTo(100);
        assertThatThrownBy(() -> DemoOptions.parse(List.of("--rate", "0")))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("--rate 0");
        assertThatThrownBy(() -> DemoOptions.parse(List.of("--json")))
                .hasMessageContaining("--json needs a value");
        assertThatThrownBy(() -> DemoOptions.parse(List.of("--nope")))
                .hasMessageContaining("'--nope'");
    }
}
