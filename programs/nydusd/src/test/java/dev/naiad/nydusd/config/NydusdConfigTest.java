package dev.naiad.nydusd.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import org.junit.jupiter.api.Test;

class NydusdConfigTest {
    /** The guide's template with what the snapshotter adds. */
    private static final String GUIDE =
            """
            {"device": {"backend": {"type": "registry", "config": {"readahead": false, "host": "index.docker.io",
              "repo": "dragonflyoss/alpine", "auth": "dXNlcjpwYXNz",
              "mirrors": [{"host": "http://127.0.0.1:4001", "auth_through": false,
                "headers": {"X-Dragonfly-Registry": "https://index.docker.io"},
                "ping_url": "http://127.0.0.1:4003/healthy"}],
              "scheme": "https", "skip_verify": true, "timeout": 10, "connect_timeout": 10, "retry_limit": 2}},
             "cache": {"type": "blobcache", "config": {"work_dir": "/var/lib/nydus/cache/"}}},
             "mode": "direct", "digest_validate": false, "iostats_files": false, "enable_xattr": true,
             "id_mapping": [1, 2, 3],
             "fs_prefetch": {"enable": true, "threads_count": 10, "merging_size": 131072, "bandwidth_rate": 1048576}}
            """;

    @Test
    void theGuidesConfigurationIsRead() {
        var config = NydusdConfig.parse("nydusd-config.json", GUIDE);

        assertThat(config.backend().type()).isEqualTo("registry");
        assertThat(config.cache())
                .isEqualTo(
                        new CacheSection(
                                CacheSection.Type.FILE,
                                false,
                                false,
                                config.rafs().prefetch(),
                                "/var/lib/nydus/cache/",
                                false));
        assertThat(config.rafs())
                .isEqualTo(
                        new RafsConfig(
                                "direct",
                                1 << 20,
                                false,
                                true,
                                false,
                                false,
                                false,
                                new PrefetchConfig(true, 10, 131072, 1048576, true, false)));
    }

    @Test
    void theApiShowsVersion2WithoutSecrets() {
        var v2 = NydusdConfig.parse("c", GUIDE).toV2();

        assertThat(v2.get("version").text()).isEqualTo("2");
        assertThat(v2.at("backend", "registry", "host").text()).isEqualTo("index.docker.io");
        assertThat(v2.at("cache", "filecache", "work_dir").text())
                .isEqualTo("/var/lib/nydus/cache/");
        assertThat(v2.at("rafs", "prefetch", "threads").text()).isEqualTo("10");
        assertThat(v2.toString()).doesNotContain("dXNlcjpwYXNz").doesNotContain("auth\"");
        assertThat(NydusdConfig.parse("c", v2.toString()).rafs())
                .isEqualTo(NydusdConfig.parse("c", GUIDE).rafs());
    }

    @Test
    void version2IsReadFromToml() {
        var config =
                NydusdConfig.parse(
                        "nydusd.toml",
                        """
                        version = 2
                        id = "my"
                        [backend]
                        type = "localfs"
                        [backend.localfs]
                        dir = "/blobs"
                        [cache]
                        type = "filecache"
                        [cache.filecache]
                        work_dir = "/cache"
                        [rafs]
                        mode = "cached"
                        enable_xattr = true
                        [rafs.prefetch]
                        enable = true
                        """);

        assertThat(config.id()).isEqualTo("my");
        assertThat(config.backend().config().get("dir").text()).isEqualTo("/blobs");
        assertThat(config.cache().workDir()).isEqualTo("/cache");
        assertThat(config.rafs().prefetch())
                .as("prefetch_all is off by default in version 2")
                .isEqualTo(new PrefetchConfig(true, 8, 1 << 20, 0, false, false));
    }

    @Test
    void defaultsOfVersion1() {
        var config =
                NydusdConfig.parse(
                        "c",
                        "{\"device\":{\"backend\":{\"type\":\"localfs\",\"config\":{\"dir\":\"/b\"}}},\"mode\":\"direct\"}");

        assertThat(config.id()).isEmpty();
        assertThat(config.cache().type()).isEqualTo(CacheSection.Type.DUMMY);
        assertThat(config.rafs()).isEqualTo(RafsConfig.DEFAULT);
    }

    @Test
    void everythingThatIsWrongIsSaidAtOnceWithItsPlace() {
        assertThatThrownBy(
                        () ->
                                NydusdConfig.parse(
                                        "nydusd.json",
                                        """
                                        {"device": {"backend": {"type": "ftp", "config": {}},
                                          "cache": {"type": "blobcash"}},
                                         "mode": "fast", "enable_xattr": "yes",
                                         "fs_prefetch": {"enable": true, "threads_count": 0}}
                                        """))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("device.backend.type")
                .hasMessageContaining("device.cache.type")
                .hasMessageContaining("mode: \"fast\" is neither direct nor cached")
                .hasMessageContaining("enable_xattr")
                .hasMessageContaining("fs_prefetch.threads_count: 0 is outside 1..1024")
                .hasMessageContaining("nydusd.json");
    }

    @Test
    void missingPartsAreNamed() {
        assertThatThrownBy(() -> NydusdConfig.parse("c", "{}"))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("device")
                .hasMessageContaining("mode");
        assertThatThrownBy(() -> NydusdConfig.parse("c", "{\"version\": 3}"))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("version: 3 is outside 2..2");
    }

    @Test
    void whatIsNotBuiltIsRefusedByName() {
        assertThatThrownBy(
                        () ->
                                NydusdConfig.parse(
                                        "c",
                                        """
                                        {"version": 2, "backend": {"type": "localfs", "localfs": {"dir": "/b"}},
                                         "cache": {"type": "fscache", "fscache": {"work_dir": "/c"}},
                                         "overlay": {"upper_dir": "/u", "work_dir": "/w"}}
                                        """))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("fscache is not supported")
                .hasMessageContaining("writable mounts are not supported");
    }

    @Test
    void credentialsOfTheEnvironmentReplaceThoseOfTheFile() {
        var config = NydusdConfig.parse("c", GUIDE).withRegistryAuth("bmV3");
        assertThat(config.backend().config().get("auth").text()).isEqualTo("bmV3");
        assertThat(config.toString()).doesNotContain("bmV3");
        var local = NydusdConfig.ofLocalfs("/b").withRegistryAuth("bmV3");
        assertThat(local.backend().config().has("auth")).isFalse();
    }
}
