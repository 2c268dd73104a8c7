package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.NYDUS;
import static dev.naiad.e2e.ConvertedImage.OCI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.Requires;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The ways in which clients drive our snapshotter, without a swarm: nydusd reads straight from a
 * registry. Each has a node of its own, so the tests need no order.
 */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SnapshotterRoutesTest {
    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Registry plain;
    private Registry tls;

    @BeforeAll
    void open() {
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        plain = ConvertedImage.serve(lab, Registry.Options.PLAIN);
        tls = lab.startRegistry(Registry.Options.TLS, lab.path().resolve("reg-data"));
    }

    @AfterAll
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    /** nerdctl and CRI send the same labels. */
    @Test
    void ctrRemoteWithTheLabelsOfCriStartsLazily() {
        var node = lab.addNode(NodeOptions.guide(plain.url()).withoutPeer()).start();
        var image = plain.host() + "/" + NYDUS;
        int mark = plain.accessLog().mark();
        node.pull(image, "nydus");
        assertThat(plain.accessLog().since(mark))
                .as("containerd fetches manifest, config and bootstrap")
                .filteredOn(entry -> entry.isBlobContent())
                .hasSize(2);
        assertThat(node.run(image, "nydus", "/usr/bin/python3", "/app/hello.py").orThrow())
                .contains("hello");
        assertThat(node.nydusds().mounts()).hasSize(1);
        assertThat(node.nydusds().pids()).hasSize(1);

        // A second container shares the mount; a write goes to its own layer and does not touch the
        // image.
        assertThat(
                        node.run(
                                        image,
                                        "nydus",
                                        "/bin/sh",
                                        "-c",
                                        "echo x > /odd/short && cat /odd/short && rm -r /odd/deep && ls /odd | wc -l")
                                .orThrow())
                .startsWith("x\n");
        assertThat(node.run(image, "nydus", "/bin/cat", "/odd/short").orThrow())
                .isEqualTo("one byte short of a page");
        assertThat(node.nydusds().mounts()).hasSize(1);

        node.removeImage(image);
        Await.until(
                "mount and nydusd go with the image",
                () -> node.nydusds().mounts().isEmpty() && node.nydusds().pids().isEmpty(),
                lab::tails);
    }

    /** Stock ctr sends no reference with the snapshot; it is set by hand, as with the original. */
    @Test
    void stockCtrThroughTheTransferServiceOverTls() {
        Requires.that(
                Command.of("ctr", "images", "pull", "--help").must().contains("--local"),
                "needs a containerd with a transfer service (1.7)");
        var node =
                lab.addNode(
                                NodeOptions.guide(tls.url())
                                        .withoutPeer()
                                        .withContainerdEnv(
                                                "SSL_CERT_FILE", tls.certificate().toString()))
                        .start();
        var image = tls.host() + "/" + NYDUS;
        node.ctr(
                        "images",
                        "pull",
                        "--local=false",
                        "--platform",
                        "linux/amd64",
                        "--snapshotter",
                        "nydus",
                        image)
                .must();
        var snapshots = node.ctr("snapshots", "--snapshotter", "nydus", "ls").must();
        var parents = Arrays.asList(snapshots.split("\\s+", -1));
        // The bootstrap's snapshot is the one without children.
        var top =
                snapshots
                        .lines()
                        .skip(1)
                        .map(line -> line.strip().split("\\s+", 2)[0])
                        .filter(key -> parents.stream().filter(key::equals).count() == 1)
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("no top snapshot in\n" + snapshots));
        node.ctr(
                        "snapshots",
                        "--snapshotter",
                        "nydus",
                        "label",
                        top,
                        "containerd.io/snapshot/cri.image-ref=" + image)
                .must();
        assertThat(node.run(image, "nydus", "/bin/cat", "/odd/short").orThrow())
                .isEqualTo("one byte short of a page");
    }

    @Test
    void aPlainImagePulledByCtrRunsAndIsRemoved() {
        var node = lab.addNode(NodeOptions.guide(plain.url()).withoutPeer()).start();
        var image = plain.host() + "/" + OCI;
        node.ctr("images", "pull", "--plain-http", "--snapshotter", "nydus", image).must();
        assertThat(
                        node.run(
                                        image,
                                        "nydus",
                                        "/bin/sh",
                                        "-c",
                                        "cat /odd/short; ls /odd/replaced; test -e /etc/issue.net || echo gone")
                                .orThrow())
                .isEqualTo("one byte short of a pagenew\ngone\n");
        assertThat(node.nydusds().pids()).isEmpty();
        node.removeImage(image);
        assertThat(node.ctr("snapshots", "--snapshotter", "nydus", "ls").must().lines()).hasSize(1);
    }

    @Test
    void afterARestartOfSnapshotterAndNydusdTheNextContainerStarts() {
        var node = lab.addNode(NodeOptions.guide(plain.url()).withoutPeer()).start();
        var image = plain.host() + "/" + NYDUS;
        node.pull(image, "nydus");
        assertThat(node.run(image, "nydus", "/bin/cat", "/odd/short").orThrow()).isNotEmpty();
        node.restartNydus(true);
        assertThat(node.run(image, "nydus", "/usr/bin/python3", "/app/hello.py").orThrow())
                .contains("hello");
    }
}
