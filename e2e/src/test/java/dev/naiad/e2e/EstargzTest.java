package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.OCI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.JsonReader;
import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An image of acceld's driver {@code estargz}: plain containerd runs it, and the tool of the stargz
 * snapshotter finds the tables of its layers.
 */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EstargzTest {
    private static final String ESGZ = OCI + "-esgz";

    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Registry registry;

    @BeforeAll
    void convert() throws IOException {
        Requires.commands("ctr-remote");
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
        Path config = lab.path().resolve("acceld.yaml");
        Files.writeString(
                config,
                """
                server: {port: 2077}
                provider: {work_dir: %s, gcpolicy: {threshold: 1GB}}
                converter:
                  worker: 1
                  driver: {type: estargz}
                  rules: [{tag_suffix: -esgz}]
                """
                        .formatted(lab.path().resolve("acceld")));
        Command.of(
                        lab.dist().program("accelctl"),
                        "convert",
                        "--config",
                        config.toString(),
                        registry.localHost() + "/" + OCI)
                .in(registry.namespace())
                .must();
    }

    @AfterAll
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void containerdRunsTheImageAndTheTablesAreFound() {
        var node = lab.addNode(NodeOptions.guide(registry.url()).withoutPeer()).start();
        String image = registry.host() + "/" + ESGZ;
        node.pull(image, "overlayfs");
        assertThat(node.run(image, "overlayfs", "/usr/bin/python3", "/app/hello.py").orThrow())
                .contains("hello");
        String manifest =
                Command.of(
                                "curl",
                                "-sSf",
                                "-H",
                                "Accept: application/vnd.oci.image.manifest.v1+json",
                                "http://"
                                        + registry.localHost()
                                        + "/v2/"
                                        + ESGZ.replace(":", "/manifests/"))
                        .in(registry.namespace())
                        .must();
        var layers = JsonReader.parse("manifest", manifest).get("layers").items();
        assertThat(layers).isNotEmpty();
        for (var layer : layers) {
            String wanted =
                    layer.at("annotations", "containerd.io/snapshot/stargz/toc.digest").text();
            String found =
                    node.client(
                                    "ctr-remote",
                                    "images",
                                    "get-toc-digest",
                                    layer.get("digest").text())
                            .must();
            assertThat(found.strip()).isEqualTo(wanted);
        }
    }
}
