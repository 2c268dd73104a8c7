package dev.naiad.snapshotter.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.TomlReader;
import dev.naiad.snapshotter.config.SnapshotterConfig;
import dev.naiad.snapshotter.config.SnapshotterFlags;
import dev.naiad.snapshotter.daemon.NydusdTemplate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The files in deploy/ are what the program reads. */
final class ShippedConfigTest {
    private static Path deploy(String file) {
        Path module = Path.of("").toAbsolutePath();
        Path project =
                module.endsWith("snapshotter") ? module.resolve("../..").normalize() : module;
        return project.resolve("deploy").resolve(file);
    }

    @Test
    void theConfigurationAndTheTemplateAreValid() {
        var line =
                SnapshotterFlags.spec("v")
                        .parseLine(
                                List.of("--config", deploy("nydus/config.toml").toString()),
                                Map.of());
        var config = SnapshotterConfig.load(line, Map.of());
        assertThat(config.warnings()).isEmpty();
        assertThat(config.system().enabled()).isTrue();
        assertThat(config.root()).isEqualTo(Path.of(SnapshotterConfig.DEFAULT_ROOT));
        assertThat(NydusdTemplate.read(deploy("nydus/nydusd-config.json")).needsRegistry())
                .isTrue();
    }

    @Test
    void containerdIsPointedAtTheDefaultSocket() throws Exception {
        for (String file : List.of("containerd/config-1.7.toml", "containerd/config-2.toml")) {
            ConfigNode root = TomlReader.read(deploy(file));
            assertThat(root.at("proxy_plugins", "nydus", "address").text())
                    .isEqualTo(SnapshotterConfig.DEFAULT_ADDRESS);
        }
        assertThat(Files.readString(deploy("systemd/nydus-snapshotter.service")))
                .contains("KillMode=process");
    }
}
