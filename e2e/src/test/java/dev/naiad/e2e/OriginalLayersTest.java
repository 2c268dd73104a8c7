package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.OCI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.Registry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * An image of {@code nydusify convert --oci-ref}: its containers read from the layers of the
 * original image, through our snapshotter and through Debian's.
 */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OriginalLayersTest {
    private static final String REF = "naiad/python:ref";
    private static final String[] HELLO = {"/usr/bin/python3", "/app/hello.py"};
    private static final String[] TREE = {"/usr/bin/python3", "/app/tree.py"};
    private static final String ORIGINAL = "/usr/bin/containerd-nydus-grpc";

    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Registry registry;
    private String image;

    @BeforeAll
    void convert() {
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
        image = registry.host() + "/" + REF;
        nydusify("convert", "--oci-ref", "--source", OCI, "--target", REF);
    }

    @AfterAll
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    private void nydusify(String command, String... options) {
        var line = new ArrayList<String>();
        line.addAll(List.of(lab.dist().program("nydusify"), command, "--plain-http"));
        for (String option : options) {
            line.add(option.startsWith("-") ? option : registry.localHost() + "/" + option);
        }
        line.addAll(List.of("--work-dir", lab.path().resolve(command).toString()));
        Command.of(line.toArray(String[]::new)).in(registry.namespace()).must();
    }

    /** Which layers a manifest has. */
    private List<String> layers(String tag) {
        var manifest =
                Command.of(
                                "curl",
                                "-sSf",
                                "-H",
                                "Accept: application/vnd.oci.image.manifest.v1+json",
                                "http://"
                                        + registry.localHost()
                                        + "/v2/"
                                        + tag.replace(":", "/manifests/"))
                        .in(registry.namespace())
                        .must();
        return dev.naiad.base.config.JsonReader.parse("manifest", manifest)
                .get("layers")
                .items()
                .stream()
                .map(layer -> layer.get("digest").text().replace("sha256:", ""))
                .toList();
    }

    @Test
    void checkReadsEveryChunkAndTheMountedTree() {
        nydusify("check", "--source", OCI, "--target", REF);
    }

    @Test
    void inAnotherRepositoryTheMountedTreeIsTheSame() {
        nydusify("convert", "--oci-ref", "--source", OCI, "--target", "elsewhere/python:ref");
        nydusify("check", "--source", OCI, "--target", "elsewhere/python:ref");
    }

    @Test
    void aContainerSeesTheTreeOfTheOriginalImageAndReadsItsLayers() {
        var node = lab.addNode(NodeOptions.guide(registry.url()).withoutPeer()).start();
        var oci = registry.host() + "/" + OCI;
        node.pull(oci, "overlayfs");
        String expected = node.run(oci, "overlayfs", TREE).orThrow();
        node.removeImage(oci);

        int mark = registry.accessLog().mark();
        node.pull(image, "nydus");
        assertThat(registry.accessLog().since(mark))
                .as("containerd fetches manifest, config and bootstrap")
                .filteredOn(entry -> entry.isBlobContent())
                .hasSize(2);
        assertThat(node.run(image, "nydus", HELLO).orThrow()).contains("hello");
        var originals = layers(OCI);
        var read =
                registry.accessLog().since(mark).stream()
                        .filter(entry -> originals.contains(entry.blob()))
                        .toList();
        assertThat(read).as("ranges of the original layers").isNotEmpty();
        assertThat(read).allMatch(entry -> entry.status() == 206);
        Trees.assertSame("image of references", expected, node.run(image, "nydus", TREE).orThrow());
        assertThat(node.nydusds().mounts()).hasSize(1);
    }

    @Test
    void aContainerStartsThroughTheOriginalSnapshotter() {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of(ORIGINAL)),
                "needs the package nydus-snapshotter, which holds the original");
        var node =
                lab.addNode(
                                NodeOptions.guide(registry.url())
                                        .withoutPeer()
                                        .withSnapshotter(ORIGINAL))
                        .start();
        node.pull(image, "nydus");
        assertThat(node.run(image, "nydus", HELLO).orThrow()).contains("hello");
        assertThat(node.nydusds().pids()).hasSize(1);
    }
}
