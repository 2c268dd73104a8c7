package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.NYDUS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.Node;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.Requires;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Debian's own containerd-nydus-grpc drives our nydusd. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OriginalSnapshotterTest {
    private static final String ORIGINAL = "/usr/bin/containerd-nydus-grpc";

    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Node node;
    private String image;

    @BeforeAll
    void open() {
        Requires.that(
                Files.isExecutable(Path.of(ORIGINAL)),
                "needs the package nydus-snapshotter, which holds the original");
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        var registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
        image = registry.host() + "/" + NYDUS;
        node =
                lab.addNode(
                                NodeOptions.guide(registry.url())
                                        .withoutPeer()
                                        .withSnapshotter(ORIGINAL))
                        .start();
        node.pull(image, "nydus");
    }

    @AfterAll
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void aContainerStartsAndReadsThroughOurNydusd() {
        assertThat(node.run(image, "nydus", "/usr/bin/python3", "/app/hello.py").orThrow())
                .contains("hello");
        assertThat(node.nydusds().pids()).hasSize(1);
        assertThat(node.nydusds().api("/api/v1/daemon"))
                .hasSize(1)
                .allMatch(text -> text.contains("\"RUNNING\""));
        assertThat(node.run(image, "nydus", "/bin/cat", "/odd/short").orThrow())
                .isEqualTo("one byte short of a page");
        node.removeImage(image);
        Await.until(
                "mount and nydusd go with the image",
                () -> node.nydusds().mounts().isEmpty() && node.nydusds().pids().isEmpty(),
                lab::tails);
    }
}
