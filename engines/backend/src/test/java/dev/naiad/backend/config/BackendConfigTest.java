package dev.naiad.backend.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.TestBackends;
import dev.naiad.base.error.NaiadException;
import org.junit.jupiter.api.Test;

class BackendConfigTest {
    /** The section that the snapshotter writes for the guide's template. */
    private static final String GUIDE =
            """
            {"readahead":false,"host":"index.docker.io","repo":"dragonflyoss/alpine",
            "mirrors":[{"host":"http://127.0.0.1:4001",
              "headers":{"X-Dragonfly-Registry":"https://index.docker.io"},
              "ping_url":"http://127.0.0.1:4003/healthy"}],
            "scheme":"https","skip_verify":true,"proxy":{"fallback":false},
            "timeout":10,"connect_timeout":10,"retry_limit":2}""";

    @Test
    void guidesSectionIsReadAndDescribedAsUsersGrepIt() {
        var config = TestBackends.parse("registry", GUIDE);
        assertThat(config.connectionConfig().orElseThrow().describe())
                .startsWith(
                        "ConnectionConfig { proxy: ProxyConfig { url: \"\", ping_url: \"\", fallback: false,")
                .contains(
                        ", mirrors: [MirrorConfig { host: \"http://127.0.0.1:4001\", "
                                + "ping_url: \"http://127.0.0.1:4003/healthy\", "
                                + "headers: {\"X-Dragonfly-Registry\": \"https://index.docker.io\"}, "
                                + "health_check_interval: 5, failure_limit: 5 }], skip_verify: true, "
                                + "timeout: 10, connect_timeout: 10, retry_limit: 2");
    }

    @Test
    void everythingWrongIsReportedAtOnceWithItsKey() {
        String json =
                """
                {"host":"","timeout":-1,"retry_limit":"two","auth":"notbase64",
                "mirrors":[{"host":"127.0.0.1"}]}""";
        assertThatThrownBy(() -> TestBackends.parse("registry", json))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("config.host")
                .hasMessageContaining("config.repo")
                .hasMessageContaining("config.timeout")
                .hasMessageContaining("config.retry_limit")
                .hasMessageContaining("config.auth")
                .hasMessageNotContaining("notbase64")
                .hasMessageContaining("config.mirrors[0].host");
    }

    @Test
    void unknownTypeIsNamed() {
        assertThatThrownBy(() -> TestBackends.parse("ftp", "{}")).hasMessageContaining("\"ftp\"");
    }

    @Test
    void objectStoresNeedTheirKeys() {
        assertThatThrownBy(() -> TestBackends.parse("oss", "{}"))
                .hasMessageContaining("endpoint")
                .hasMessageContaining("bucket_name");
        assertThatThrownBy(() -> TestBackends.parse("s3", "{\"bucket_name\":\"b\"}"))
                .hasMessageContaining("region");
        var s3 =
                (BackendConfig.ObjectStore)
                        TestBackends.parse("s3", "{\"bucket_name\":\"b\",\"region\":\"r\"}");
        assertThat(s3.endpoint()).isEqualTo("s3.amazonaws.com");
    }

    @Test
    void secretsAreNotPrinted() {
        var config =
                TestBackends.parse(
                        "registry",
                        "{\"host\":\"h\",\"repo\":\"r\",\"auth\":\"dTpw\",\"registry_token\":\"tok\"}");
        assertThat(config.toString()).doesNotContain("dTpw").doesNotContain("tok\"");
    }
}
