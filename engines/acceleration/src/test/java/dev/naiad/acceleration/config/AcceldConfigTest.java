package dev.naiad.acceleration.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSize;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.Secret;
import dev.naiad.base.config.YamlReader;
import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.auth.Credential;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.RafsVersion;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceldConfigTest {
    private static final String AUTH =
            Base64.getEncoder()
                    .encodeToString("robot$a:pass:word".getBytes(StandardCharsets.UTF_8));

    private static final String FULL =
            """
            server:
              name: API
              uds: /run/acceld.sock
              host: 127.0.0.1
              port: 2077
            metric:
              enabled: true
            provider:
              source:
                hub.harbor.com:
                  auth: %s
                  insecure: true
                  webhook:
                    auth_header: header
                localhost:
                  auth:
              work_dir: /var/lib/acceld
              gcpolicy:
                threshold: 1000MB
              cache_size: 200
              cache_version: v2
            converter:
              worker: 5
              harbor_annotation: true
              platforms: linux/amd64,linux/arm64
              driver:
                type: nydus
                config:
                  work_dir: /tmp
                  builder: nydus-image
                  rafs_version: 5
                  rafs_compressor: lz4_block
                  fs_chunk_size: 0x10000
                  batch_size: 0x1000
                  fs_align_chunk: True
                  prefetch_patterns: "/usr\\n/etc/motd\\n"
                  chunk_dict_ref: localhost/dict:1
                  docker2oci: true
                  merge_manifest: true
                  with_referrer: 1
                  backend_type: localfs
                  backend_config: '{"dir": "/tmp"}'
                  backend_force_push: true
              rules:
                - tag_suffix: -nydus
                - cache_tag: nydus-cache
                - tag_suffix: -second
            """
                    .formatted(AUTH);

    private static final String SMALLEST =
            """
            server: {port: 2077}
            provider: {work_dir: /tmp/w, gcpolicy: {threshold: 1GB}}
            converter: {worker: 1, driver: {type: nydus}, rules: [{tag_suffix: -nydus}]}
            """;

    private static AcceldConfig parse(String text) {
        var problems = new Problems();
        var config = AcceldConfig.parse(YamlReader.parse("acceld.yaml", text), problems);
        problems.throwIfAny();
        return config;
    }

    private static AcceldConfig.Source source(AcceldConfig config, String host) {
        return Objects.requireNonNull(config.sources().get(host), host);
    }

    @Test
    void everyKeyIsReadAndScalarsNeedNoQuotes() {
        var config = parse(FULL);

        assertThat(config.server())
                .isEqualTo(new AcceldConfig.Server("API", "/run/acceld.sock", "127.0.0.1", 2077));
        assertThat(config.metrics()).isTrue();
        var harbor = source(config, "hub.harbor.com");
        assertThat(harbor.insecure()).isTrue();
        assertThat(harbor.webhookHeader().reveal()).isEqualTo("header");
        assertThat(source(config, "localhost").credential()).isEmpty();
        assertThat(config.workDir()).isEqualTo(Path.of("/var/lib/acceld"));
        assertThat(config.gcThreshold()).isEqualTo(ByteSize.ofMib(1000));
        assertThat(config.cacheSize()).isEqualTo(200);
        assertThat(config.cacheVersion()).isEqualTo("v2");
        assertThat(config.workers()).isEqualTo(5);
        assertThat(config.platforms())
                .containsExactly(Platform.parse("linux/amd64"), Platform.parse("linux/arm64"));
        assertThat(config.driver())
                .isEqualTo(
                        new DriverConfig(
                                RafsVersion.V5,
                                Compressor.LZ4_BLOCK,
                                0x10000,
                                0x1000,
                                true,
                                List.of("/usr", "/etc/motd"),
                                Optional.of(ImageReference.parse("localhost/dict:1")),
                                true,
                                true,
                                false,
                                true,
                                "localfs",
                                Secret.of("{\"dir\": \"/tmp\"}"),
                                true));
        assertThat(config.rules()).isEqualTo(new TargetRules("-nydus", "nydus-cache"));
        assertThat(config.unknown()).isEmpty();
    }

    @Test
    void aPasswordMayHoldAColon() {
        var credential = source(parse(FULL), "hub.harbor.com").credential();

        assertThat(credential).map(Credential.Basic::username).contains("robot$a");
        assertThat(credential).map(basic -> basic.password().reveal()).contains("pass:word");
    }

    @Test
    void defaultsAreThoseOfTheDocumentation() {
        var config = parse(SMALLEST);

        assertThat(config.server()).isEqualTo(new AcceldConfig.Server("API", "", "0.0.0.0", 2077));
        assertThat(config.metrics()).isFalse();
        assertThat(config.cacheSize()).isEqualTo(200);
        assertThat(config.platforms()).isEmpty();
        assertThat(config.driver().version()).isEqualTo(RafsVersion.V6);
        assertThat(config.driver().compressor()).isEqualTo(Compressor.ZSTD);
        assertThat(config.driver().chunkSize()).isEqualTo(0x100000);
        assertThat(config.driver().patterns()).containsExactly("/");
        assertThat(config.rules().cacheTag()).isEmpty();
    }

    @Test
    void theExampleThatIsShippedIsRight() {
        var problems = new Problems();
        // The module's directory is where its tests run.
        Path file = Path.of("../../deploy/acceld/acceld.yaml");
        var config = AcceldConfig.parse(YamlReader.read(file), problems);

        assertThat(problems.messages()).isEmpty();
        assertThat(config.unknown()).isEmpty();
        assertThat(config.sources()).containsKey("harbor.example.org");
    }

    @Test
    void anOciReferenceImageIsAnOciImage() {
        assertThat(parse(SMALLEST.replace("type: nydus", "type: nydus, config: {oci_ref: true}")))
                .extracting(config -> config.driver().dockerToOci())
                .isEqualTo(true);
    }

    @Test
    void anUnknownKeyIsNamedAndIgnored() {
        var config =
                parse(
                        SMALLEST.replace("worker: 1", "worker: 1, wroker: 2")
                                .replace("type: nydus", "type: nydus, config: {compresor: x}"));

        assertThat(config.unknown())
                .hasSize(2)
                .anySatisfy(
                        line ->
                                assertThat(line)
                                        .contains("converter.wroker", "worker", "acceld.yaml"))
                .anySatisfy(line -> assertThat(line).contains("compresor", "compressor"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    worker: 1        | worker: 0          | converter.worker
                    worker: 1,       | ''                 | converter.worker
                    type: nydus      | type: squash       | converter.driver.type
                    type: nydus      | type: stargz       | use nydus or estargz
                    type: nydus      | 'type: estargz, config: {compression: lz4}'   | compression
                    threshold: 1GB   | threshold: ''      | gcpolicy.threshold
                    threshold: 1GB   | threshold: many    | gcpolicy.threshold
                    work_dir: /tmp/w, | ''                | provider.work_dir
                    rules: [{tag_suffix: -nydus}] | 'rules: {tag_suffix: -nydus}' | converter.rules
                    work_dir: /tmp/w, | 'work_dir: /tmp/w, source: [host],' | provider.source
                    port: 2077       | port: 70000        | server.port
                    port: 2077       | name: x            | server.port
                    type: nydus      | 'type: nydus, config: {fs_version: 7}'        | fs_version
                    type: nydus      | 'type: nydus, config: {compressor: gzip}'     | compressor
                    type: nydus      | 'type: nydus, config: {fs_chunk_size: 5000}'  | fs_chunk_size
                    type: nydus      | 'type: nydus, config: {batch_size: 0x200000}'  | batch_size
                    type: nydus      | 'type: nydus, config: {encrypt_recipients: jwe}' | encrypt_recipients
                    type: nydus      | 'type: nydus, config: {docker2oci: maybe}'    | docker2oci
                    type: nydus      | 'type: nydus, config: {backend_type: ftp, backend_config: "{}"}' | backend_type
                    type: nydus      | 'type: nydus, config: {backend_type: s3, backend_config: "{"}' | backend_config
                    type: nydus      | 'type: nydus, config: {chunk_dict_ref: "A B"}' | chunk_dict_ref
                    """)
    void whatIsWrongIsNamedByItsKey(String right, String wrong, String named) {
        assertThatThrownBy(() -> parse(SMALLEST.replace(right, wrong)))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining(named)
                .hasMessageContaining("acceld.yaml");
    }

    @Test
    void secretsAreNotInWhatIsPrintedOfTheConfiguration() {
        assertThat(parse(FULL).toString()).doesNotContain("pass:word").doesNotContain(AUTH);
        assertThat(parse(FULL).driver().toString()).doesNotContain("\"dir\"");
    }
}
