package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.NYDUS;
import static dev.naiad.e2e.ConvertedImage.OCI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.config.JsonReader;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.LabException;
import dev.naiad.e2e.lab.Node;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.Registry;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The lab's own client leaves in containerd what CRI and nerdctl leave, and nothing else. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImagePullTest {
    private static final String PREFIX = "containerd.io/snapshot/";

    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Registry registry;
    private Node node;

    @BeforeAll
    void open() {
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
        node = lab.addNode(NodeOptions.guide(registry.url()).withoutPeer()).start();
    }

    @AfterAll
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void whatWasPulledOutlivesACollectionAndGoesWithTheImage() {
        var image = registry.host() + "/" + OCI;
        node.pull(image, "overlayfs");
        assertThat(lines("leases", "ls", "-q")).as("leases").isEmpty();
        // Removing another image synchronously makes the collector run.
        node.ctr("images", "tag", image, "test/other:1").must();
        node.removeImage("test/other:1");
        assertThat(node.run(image, "overlayfs", "/bin/cat", "/odd/short").orThrow())
                .isEqualTo("one byte short of a page");
        int content = lines("content", "ls", "-q").size();
        node.pull(image, "overlayfs");
        assertThat(lines("content", "ls", "-q")).as("pulled again").hasSize(content);

        node.removeImage(image);
        assertThat(lines("content", "ls", "-q")).isEmpty();
        assertThat(lines("snapshots", "--snapshotter", "overlayfs", "ls")).hasSize(1);
    }

    @Test
    void aSnapshotterIsToldWhatCriTells() {
        var image = registry.host() + "/" + NYDUS;
        node.pull(image, "nydus");
        var bootstrap =
                lines("snapshots", "--snapshotter", "nydus", "ls").stream()
                        .skip(1)
                        .map(line -> line.split("\\s+", -1)[0])
                        .map(name -> node.ctr("snapshots", "--snapshotter", "nydus", "info", name))
                        .map(info -> JsonReader.parse("snapshot", info.must()))
                        .filter(info -> info.get("Labels").has(PREFIX + "nydus-bootstrap"))
                        .findFirst()
                        .orElseThrow();
        var labels = bootstrap.get("Labels");
        assertThat(labels.get("containerd.io/snapshot.ref").text())
                .isEqualTo(bootstrap.get("Name").text());
        assertThat(labels.get(PREFIX + "cri.image-ref").text()).isEqualTo(image);
        assertThat(labels.get(PREFIX + "cri.layer-digest").text())
                .as("the bootstrap is the topmost layer")
                .isEqualTo(labels.get(PREFIX + "cri.image-layers").text());
        assertThat(lines("content", "ls", "-q"))
                .contains(
                        labels.get(PREFIX + "cri.layer-digest").text(),
                        labels.get(PREFIX + "cri.manifest-digest").text())
                .as("manifest, configuration and bootstrap; no data blob")
                .hasSize(3);
        node.removeImage(image);
    }

    @Test
    void anImageThatIsNotThereIsAnErrorWithItsName() {
        var image = registry.host() + "/naiad/python:none";
        assertThatThrownBy(() -> node.pull(image, "overlayfs"))
                .isInstanceOf(LabException.class)
                .hasMessageContaining(image)
                .hasMessageContaining("404");
        assertThat(lines("leases", "ls", "-q")).isEmpty();
    }

    private List<String> lines(String... words) {
        return node.ctr(words).must().lines().toList();
    }
}
