package dev.naiad.dfdaemon.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DfdaemonConfigTest {
    @TempDir Path dir;
    private final Problems problems = new Problems();

    private DfdaemonConfig parse(String yaml) {
        return DfdaemonConfig.parse(YamlReader.parse("dfdaemon.yaml", yaml), problems);
    }

    @Test
    void anEmptyFileHasTheDefaultsOfTheOriginal() {
        DfdaemonConfig config = parse("");
        assertThat(problems.messages()).isEmpty();
        assertThat(config.upload().server()).isEqualTo(new Listen("0.0.0.0", 4000));
        assertThat(config.proxy().server()).isEqualTo(new Listen("0.0.0.0", 4001));
        assertThat(config.metrics().port()).isEqualTo(4002);
        assertThat(config.health().port()).isEqualTo(4003);
        assertThat(config.storage().server().port()).isEqualTo(4005);
        assertThat(config.storage().dir()).isEqualTo(Path.of("/var/lib/dragonfly"));
        assertThat(config.storage().keep()).isFalse();
        assertThat(config.download().socketPath())
                .isEqualTo(Path.of("/var/run/dragonfly/dfdaemon.sock"));
        assertThat(config.download().concurrentPieces()).isEqualTo(8);
        assertThat(config.download().bandwidth()).isEqualTo(50_000_000_000L);
        assertThat(config.download().sourceShortcut()).isEqualTo(4 << 20);
        assertThat(config.scheduler().announceInterval()).isEqualTo(Duration.ofMinutes(5));
        assertThat(config.scheduler().maxScheduleCount()).isEqualTo(5);
        assertThat(config.gc().policy().ttl()).isEqualTo(Duration.ofDays(30));
        assertThat(config.gc().policy().highPercent()).isEqualTo(80);
        assertThat(config.proxy().registry().toString()).isEqualTo("https://index.docker.io/");
        assertThat(config.proxy().rules()).isEmpty();
        assertThat(config.seedPeer().enable()).isFalse();
        assertThat(config.unknownKeys()).isEmpty();
    }

    @Test
    void theChartsFileIsReadWithoutComplaint() {
        DfdaemonConfig config =
                parse(
                        """
                        host: {idc: "", location: ""}
                        upload: {server: {port: 4000, requestRateLimit: 1000, requestbufferSize: 50}, rateLimit: 50GB}
                        download: {server: {socketPath: /var/run/dragonfly/dfdaemon.sock}, rateLimit: 50GB, concurrentPieceCount: 16}
                        manager: {addr: ""}
                        scheduler: {announceInterval: 5m, scheduleTimeout: 3h, maxScheduleCount: 5, enableBackToSource: true}
                        seedPeer: {enable: true, type: super, clusterID: 1, keepaliveInterval: 15s}
                        dynconfig: {refreshInterval: 5m}
                        storage: {dir: /var/lib/dragonfly, keep: true, writeBufferSize: 524288, cacheCapacity: 64MiB}
                        gc: {interval: 900s, policy: {taskTTL: 720h, distHighThresholdPercent: 90, distLowThresholdPercent: 70}}
                        proxy:
                          server: {port: 4001}
                          rules: [{regex: 'blobs/sha256.*', useTLS: true, redirect: "mirror:5000"}]
                          registryMirror: {addr: "https://index.docker.io", enableTaskIDBasedBlobDigest: true}
                          prefetch: true
                          prefetchBandwidthLimit: 10GB
                        """);
        assertThat(problems.messages()).isEmpty();
        assertThat(config.unknownKeys()).isEmpty();
        assertThat(config.manager()).isEmpty();
        assertThat(config.seedPeer().enable()).isTrue();
        assertThat(config.gc().policy().highPercent()).isEqualTo(90);
        assertThat(config.proxy().blobDigestIds()).isTrue();
        assertThat(config.proxy().prefetch()).isTrue();
        assertThat(config.proxy().rules())
                .singleElement()
                .satisfies(
                        rule -> {
                            assertThat(rule.useTls()).isTrue();
                            assertThat(rule.redirect()).contains("mirror:5000");
                            assertThat(rule.matches("http://x/v2/a/blobs/sha256:12")).isTrue();
                            assertThat(rule.matches("http://x/v2/a/manifests/1")).isFalse();
                        });
    }

    @Test
    void allMistakesAreNamedAtOnceWithKeyAndFile() {
        parse(
                """
                host: {ip: nowhere}
                upload: {server: {port: 70000}}
                download: {concurrentPieceCount: 0, bandwidthLimit: fast}
                scheduler: {announceInterval: 10}
                gc: {policy: {diskHighThresholdPercent: 50, diskLowThresholdPercent: 60}}
                proxy: {rules: [{regex: '('}], registryMirror: {addr: "ftp://x"}}
                """);
        assertThat(problems.messages())
                .hasSize(8)
                .anySatisfy(m -> assertThat(m).contains("host.ip").contains("dfdaemon.yaml"))
                .anySatisfy(m -> assertThat(m).contains("upload.server.port"))
                .anySatisfy(m -> assertThat(m).contains("download.concurrentPieceCount"))
                .anySatisfy(m -> assertThat(m).contains("download.bandwidthLimit"))
                .anySatisfy(m -> assertThat(m).contains("scheduler.announceInterval"))
                .anySatisfy(m -> assertThat(m).contains("gc.policy"))
                .anySatisfy(m -> assertThat(m).contains("proxy.rules[0].regex"))
                .anySatisfy(m -> assertThat(m).contains("proxy.registryMirror.addr"));
    }

    @Test
    void aMisspeltKeyIsIgnoredAndNamed() {
        DfdaemonConfig config = parse("storage: {kep: true}\nfoo: 1\n");
        assertThat(problems.messages()).isEmpty();
        assertThat(config.unknownKeys()).containsExactly("foo", "storage.kep");
    }

    @Test
    void sizesCountAsInTheOriginal() {
        assertThat(Sizes.parse("1KB")).contains(1000L);
        assertThat(Sizes.parse("1KiB")).contains(1024L);
        assertThat(Sizes.parse("1.5 GiB")).contains(3L << 29);
        assertThat(Sizes.parse("4096")).contains(4096L);
        assertThat(Sizes.parse("10gb")).contains(10_000_000_000L);
        assertThat(Sizes.parse("ten")).isEmpty();
    }

    @Test
    void schedulersComeFromTheDynamicFile() throws Exception {
        Path file = dir.resolve("dynconfig.yaml");
        Files.writeString(file, "scheduler: {addrs: [\"127.0.0.1:8002\", \"127.0.0.2:8003\"]}\n");
        assertThat(SchedulerAddresses.schedulers(file))
                .extracting(Object::toString)
                .containsExactly("/127.0.0.1:8002", "/127.0.0.2:8003");
        Files.writeString(file, "scheduler: {addr: \"127.0.0.1:9\"}\n");
        assertThat(SchedulerAddresses.schedulers(file))
                .extracting(Object::toString)
                .containsExactly("/127.0.0.1:9");
    }
}
