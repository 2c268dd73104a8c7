package dev.naiad.scheduler.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import dev.naiad.scheduler.seed.TrustedSeeds;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerConfigTest {
    @Test
    void defaultsAreTheOriginals() {
        var config = parse("");
        assertThat(config.server().port()).isEqualTo(8002);
        assertThat(config.server().listenIp()).isEqualTo("0.0.0.0");
        assertThat(config.server().requestRateLimit()).isEqualTo(4000);
        assertThat(config.server().logDir()).isEqualTo("/var/log/dragonfly");
        assertThat(config.scheduling())
                .isEqualTo(
                        new SchedulerConfig.Scheduling(
                                200, 4, 5, Duration.ofMillis(500), TrustedSeeds.ANY));
        assertThat(config.gc())
                .isEqualTo(
                        new SchedulerConfig.Gc(
                                Duration.ofMinutes(30),
                                Duration.ofSeconds(10),
                                Duration.ofHours(24),
                                Duration.ofMinutes(30),
                                Duration.ofMinutes(5),
                                Duration.ofHours(1)));
        assertThat(config.metrics()).isEmpty();
        assertThat(config.console()).isFalse();
    }

    @Test
    void everyKeyIsReadInAnyCaseAndUnknownOnesAreIgnored() {
        var config =
                parse(
                        """
                        console: true
                        workHome: /x
                        server: {PORT: 9002, listenIP: 127.0.0.1, logDir: /l, logLevel: debug, requestRateLimit: 10.5}
                        scheduler:
                          backToSourceCount: 7
                          retryBackToSourceLimit: 3
                          retryLimit: 6
                          retryInterval: 2s
                          trustedSeeds: [10.0.0.0/24]
                          gc: {peergcinterval: 5m, peerTTL: 720h}
                        dynconfig: {refreshInterval: 10s}
                        metrics: {enable: true, addr: ":9000"}
                        """);
        assertThat(config.server().port()).isEqualTo(9002);
        assertThat(config.server().requestRateLimit()).isEqualTo(10.5);
        assertThat(config.scheduling())
                .isEqualTo(
                        new SchedulerConfig.Scheduling(
                                7,
                                3,
                                6,
                                Duration.ofSeconds(2),
                                new TrustedSeeds(
                                        List.of(TrustedSeeds.Range.parse("10.0.0.0/24")))));
        assertThat(config.gc().peerInterval()).isEqualTo(Duration.ofMinutes(5));
        assertThat(config.gc().peerTtl()).isEqualTo(Duration.ofDays(30));
        assertThat(config.refreshInterval()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.metrics()).contains(":9000");
        assertThat(config.console()).isTrue();
    }

    @Test
    void everythingWrongIsNamedAtOnce() {
        var problems = new Problems();
        SchedulerConfig.parse(
                YamlReader.parse(
                        "scheduler.yaml",
                        """
                        server: {port: 70000, requestRateLimit: 0}
                        scheduler: {retryInterval: soon, retryLimit: 0}
                        manager: {addr: "m:65003"}
                        """),
                problems);
        assertThat(problems.messages())
                .hasSize(5)
                .anyMatch(line -> line.startsWith("server.port: 70000 is outside"))
                .anyMatch(line -> line.startsWith("server.requestRateLimit"))
                .anyMatch(line -> line.startsWith("scheduler.retryInterval"))
                .anyMatch(line -> line.startsWith("scheduler.retryLimit"))
                .anyMatch(line -> line.startsWith("manager.addr"));
    }

    private static SchedulerConfig parse(String yaml) {
        var problems = new Problems();
        var config = SchedulerConfig.parse(YamlReader.parse("scheduler.yaml", yaml), problems);
        problems.throwIfAny();
        return config;
    }
}
