package dev.naiad.snapshotter.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.config.JsonReader;
import dev.naiad.snapshotter.daemon.NydusdTemplate.Completion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NydusdTemplateTest {
    private static final Path CACHE = Path.of("/r/cache");

    private static NydusdTemplate template(String json) {
        return NydusdTemplate.of(JsonReader.parse("nydusd.json", json));
    }

    private static String registry(String config, Completion completion) {
        return template(
                        "{\"device\":{\"backend\":{\"type\":\"registry\",\"config\":"
                                + config
                                + "},\"cache\":{}}}")
                .complete(completion, CACHE);
    }

    @Test
    void credentialsFollowTheRepositoryAndReplaceThoseOfTheTemplate() {
        String withAuth =
                registry(
                        "{\"auth\":\"old\",\"registry_token\":\"old\"}",
                        new Completion("reg", "a/b", "bmV3", "", List.of()));
        assertThat(withAuth)
                .contains("\"host\":\"reg\",\"repo\":\"a/b\",\"auth\":\"bmV3\"")
                .doesNotContain("registry_token");
        String withToken =
                registry(
                        "{\"auth\":\"old\"}", new Completion("reg", "a/b", "", "token", List.of()));
        assertThat(withToken)
                .contains("\"repo\":\"a/b\",\"registry_token\":\"token\"")
                .doesNotContain("\"auth\"");
        assertThat(registry("{\"auth\":\"old\"}", new Completion("reg", "a/b", "", "", List.of())))
                .contains("\"auth\":\"old\"");
    }

    @Test
    void whatIsNotGivenTakesGosZeroValues() {
        assertThat(registry("{}", new Completion("reg", "a/b", "", "", List.of())))
                .isEqualTo(
                        "{\"device\":{\"backend\":{\"type\":\"registry\",\"config\":{\"readahead\":false,"
                                + "\"host\":\"reg\",\"repo\":\"a/b\",\"proxy\":{\"fallback\":false}}},\"cache\":{\"type\":\"\","
                                + "\"config\":{\"work_dir\":\"/r/cache\",\"disable_indexed_map\":false}}},\"mode\":\"\","
                                + "\"digest_validate\":false,\"fs_prefetch\":{\"enable\":false,\"prefetch_all\":false,"
                                + "\"threads_count\":0,\"merging_size\":0,\"bandwidth_rate\":0}}");
    }

    @Test
    void fieldsOfNewerDaemonsArePassedOnAndUnknownOnesAreNot() {
        String config =
                template(
                                """
                        {"device":{"backend":{"type":"localfs","config":{"dir":"/blobs"}},"cache":{"type":"blobcache"}},
                        "amplify_io":4096,"fs_prefetch":{"stream_prefetch":true},"unknown":1}
                        """)
                        .complete(Completion.NONE, CACHE);
        assertThat(config)
                .contains("\"dir\":\"/blobs\"", "\"amplify_io\":4096", "\"stream_prefetch\":true")
                .doesNotContain("unknown", "\"host\"");
    }

    @Test
    void certificatesOfAnOperatorsAuthorityAreAListAndPassedOn() {
        assertThat(
                        registry(
                                "{\"skip_verify\":true,\"ca_cert_files\":[\"/a.pem\",\"/b.pem\"]}",
                                new Completion("reg", "a/b", "", "", List.of())))
                .contains("\"skip_verify\":true,\"ca_cert_files\":[\"/a.pem\",\"/b.pem\"]");
        assertThatThrownBy(
                        () ->
                                registry(
                                        "{\"ca_cert_files\":\"/a.pem\"}",
                                        new Completion("reg", "a/b", "", "", List.of())))
                .hasMessageContaining("ca_cert_files");
    }

    @Test
    void aTemplateThatIsWrongIsRefusedWithItsKeys() {
        assertThatThrownBy(() -> template("{}")).hasMessageContaining("device");
        assertThatThrownBy(
                        () ->
                                template(
                                        "{\"device\":{\"backend\":{\"config\":{\"timeout\":\"soon\"}}}}"))
                .hasMessageContaining("device.backend.config.timeout");
        assertThatThrownBy(
                        () ->
                                template("{\"device\":{\"backend\":{\"type\":\"ftp\"}}}")
                                        .complete(Completion.NONE, CACHE))
                .hasMessageContaining("unknown backend type ftp");
    }

    @Test
    void mirrorsComeFromTheFirstDirectoryOfTheHost(@TempDir Path dir) throws Exception {
        var mirrors = new MirrorDirectory(Optional.of(dir));
        assertThat(mirrors.mirrorsOf("reg:5000")).isEmpty();
        hosts(dir.resolve("_default"), "[host.\"http://default\"]\n");
        assertThat(mirrors.mirrorsOf("reg:5000"))
                .extracting(MirrorEndpoint::host)
                .containsExactly("http://default");
        hosts(
                dir.resolve("reg_5000_"),
                """
                [host."http://one"]
                  ping_url = "http://one/ping"
                  health_check_interval = 7
                  failure_limit = 3
                  [host."http://one".header]
                    X-A = ["1", "2"]
                    X-B = "3"
                [host."http://two"]
                """);
        assertThat(mirrors.mirrorsOf("reg:5000"))
                .containsExactly(
                        new MirrorEndpoint(
                                "http://one",
                                Map.of("X-A", "1,2", "X-B", "3"),
                                7,
                                3,
                                "http://one/ping"),
                        new MirrorEndpoint("http://two", Map.of(), 0, 0, ""));
        assertThat(
                        registry(
                                "{}",
                                new Completion(
                                        "reg:5000", "a", "", "", mirrors.mirrorsOf("reg:5000"))))
                .contains(
                        "\"mirrors\":[{\"host\":\"http://one\",\"headers\":{\"X-A\":\"1,2\",\"X-B\":\"3\"},"
                                + "\"health_check_interval\":7,\"failure_limit\":3,\"ping_url\":\"http://one/ping\"},"
                                + "{\"host\":\"http://two\"}]");
    }

    private static void hosts(Path dir, String text) throws Exception {
        Files.createDirectories(dir);
        Files.writeString(dir.resolve("hosts.toml"), text);
    }
}
