package dev.naiad.base.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class MetricRegistryTest {
    private final MetricRegistry registry = new MetricRegistry();

    @Test
    void theTextFormatIsThatOfPrometheus() {
        registry.counter("naiad_reads_total", "Reads.").inc(3);
        var labelled = registry.counter("naiad_bytes_total", "Bytes\nmoved.", "from", "to");
        labelled.labels("b\"\\\n", "x").inc(1.5);
        labelled.labels("a", "x").inc();
        registry.gauge("naiad_open", "Open.").set(-2);
        var histogram = registry.histogram("naiad_seconds", "Time.", new double[] {0.1, 1}, "op");
        histogram.labels("read").observe(0.1);
        histogram.labels("read").observe(0.5);
        histogram.labels("read").observe(7);
        registry.histogram("naiad_empty", "None.", new double[] {1});
        assertThat(registry.text())
                .isEqualTo(
                        """
                        # HELP naiad_bytes_total Bytes\\nmoved.
                        # TYPE naiad_bytes_total counter
                        naiad_bytes_total{from="a",to="x"} 1
                        naiad_bytes_total{from="b\\"\\\\\\n",to="x"} 1.5
                        # HELP naiad_empty None.
                        # TYPE naiad_empty histogram
                        naiad_empty_bucket{le="1"} 0
                        naiad_empty_bucket{le="+Inf"} 0
                        naiad_empty_sum 0
                        naiad_empty_count 0
                        # HELP naiad_open Open.
                        # TYPE naiad_open gauge
                        naiad_open -2
                        # HELP naiad_reads_total Reads.
                        # TYPE naiad_reads_total counter
                        naiad_reads_total 3
                        # HELP naiad_seconds Time.
                        # TYPE naiad_seconds histogram
                        naiad_seconds_bucket{op="read",le="0.1"} 1
                        naiad_seconds_bucket{op="read",le="1"} 2
                        naiad_seconds_bucket{op="read",le="+Inf"} 3
                        naiad_seconds_sum{op="read"} 7.6
                        naiad_seconds_count{op="read"} 3
                        """);
    }

    @Test
    void valuesThatStrangersMakeUpAreCountedTogetherAfterTheFirstTenThousand() {
        Counter tags = registry.counter("tags_total", "Tags.", "tag", "app");
        for (int i = 0; i < 10_500; i++) {
            tags.labels("tag" + i, "").inc();
        }
        tags.labels("tag0", "").inc();
        assertThat(tags.labels("tag0", "").value()).isEqualTo(2);
        assertThat(tags.labels("other", "other").value()).isEqualTo(500);
        assertThat(registry.text().lines()).hasSize(10_003);
    }

    @Test
    void oneNameIsOneMetric() {
        assertThat(registry.counter("a", "x")).isSameAs(registry.counter("a", "x"));
        assertThatThrownBy(() -> registry.gauge("a", "x"))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> registry.counter("a", "x", "label"))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> registry.counter("a", "x").labels("l"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> registry.counter("a", "x").inc(-1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void collectorsRunBeforeEachPrint() {
        var gauge = registry.gauge("g", "x", "k");
        registry.onCollect(
                () -> {
                    gauge.clear();
                    gauge.labels("now").inc();
                });
        assertThat(registry.text()).contains("g{k=\"now\"} 1\n");
        assertThat(registry.text()).contains("g{k=\"now\"} 1\n");
    }
}
