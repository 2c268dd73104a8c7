package dev.naiad.snapshotter.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import dev.naiad.testkit.Requires;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A plain OCI image through a real containerd: everything as with its own overlayfs snapshotter.
 */
@Tag("root")
final class ContainerdTest {
    private static final String LOOK =
            "cd /; find data -printf '%p %y %m %U %G %s %n %l\\n' | sort; find data -type f | sort | while read -r f; do sha256sum \"$f\"; done";

    @BeforeEach
    void needs() {
        Requires.root();
        Requires.mounts();
        Requires.commands("containerd", "ctr", "runc", "containerd-shim-runc-v2");
    }

    @Test
    void aPlainImageBehavesAsOnOverlayfs() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(Program.OURS);
                var containerd = PrivateContainerd.start(snapshotter.socket)) {
            Path archive =
                    PlainImage.build(Files.createDirectory(containerd.directory().resolve("work")));
            // What containerd cannot do here with its own snapshotter is not for ours to prove.
            Requires.that(
                    containerd
                                            .run(
                                                    "images",
                                                    "import",
                                                    "--snapshotter",
                                                    "overlayfs",
                                                    archive.toString())
                                            .exitCode()
                                    == 0
                            && containerd
                                            .run(
                                                    "run",
                                                    "--rm",
                                                    "--snapshotter",
                                                    "overlayfs",
                                                    PlainImage.NAME,
                                                    "probe",
                                                    "/bin/ls")
                                            .exitCode()
                                    == 0,
                    "containerd cannot run a container on overlayfs below /tmp");
            containerd.ctr("images", "import", "--snapshotter", "nydus", archive.toString());
            assertThat(containerd.ctr("plugins", "ls"))
                    .containsPattern("snapshotter.v1\\s+nydus\\s+\\S+\\s+ok");
            String expected = look(containerd, "overlayfs");
            assertThat(expected)
                    .contains("data/linked", "data/opaque/new", "data/mode f 4751 12 34");
            assertThat(expected).doesNotContain("data/gone", "data/removed", "data/opaque/old");
            assertThat(look(containerd, "nydus")).isEqualTo(expected);
            assertThat(usage(containerd, "nydus"))
                    .isEqualTo(usage(containerd, "overlayfs"))
                    .isNotEmpty();

            assertThat(changes(containerd, "nydus")).isEqualTo(changes(containerd, "overlayfs"));

            containerd.ctr("images", "rm", "--sync", PlainImage.NAME);
            assertThat(scene.base.resolve("root/snapshots")).isEmptyDirectory();
            assertThat(containerd.ctr("snapshots", "--snapshotter", "nydus", "ls").lines())
                    .as("only the heading")
                    .hasSize(1);
        }
    }

    private static String look(PrivateContainerd containerd, String snapshotter) {
        return containerd.ctr(
                "run",
                "--rm",
                "--snapshotter",
                snapshotter,
                PlainImage.NAME,
                "look-" + snapshotter,
                "/bin/sh",
                "-c",
                LOOK);
    }

    /**
     * Inode counts of the committed layers; sizes depend on when a file system allocates blocks.
     */
    private static List<String> usage(PrivateContainerd containerd, String snapshotter) {
        return containerd
                .ctr("snapshots", "--snapshotter", snapshotter, "usage")
                .lines()
                .skip(1)
                .map(line -> line.replaceFirst(".*\\s(\\d+)\\s*$", "$1"))
                .sorted()
                .toList();
    }

    /**
     * What a container changed, as a layer that containerd writes: names in it, whiteouts included.
     */
    private static String changes(PrivateContainerd containerd, String snapshotter)
            throws Exception {
        String container = "change-" + snapshotter;
        containerd.ctr(
                "run",
                "--snapshotter",
                snapshotter,
                PlainImage.NAME,
                container,
                "/bin/sh",
                "-c",
                "cd /data; rm changed symbolic; rm -r kept; mkdir kept; touch kept/new added");
        String parent =
                containerd
                        .ctr("snapshots", "--snapshotter", snapshotter, "ls")
                        .lines()
                        .filter(line -> line.startsWith(container + " "))
                        .map(line -> line.split("\\s+", -1)[1])
                        .findFirst()
                        .orElseThrow();
        Path tar = containerd.directory().resolve(container + ".tar");
        var diff =
                new ProcessBuilder(
                                "ctr",
                                "-a",
                                containerd.directory().resolve("c.sock").toString(),
                                "snapshots",
                                "--snapshotter",
                                snapshotter,
                                "diff",
                                "--media-type",
                                "application/vnd.oci.image.layer.v1.tar",
                                parent,
                                container)
                        .redirectOutput(tar.toFile())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        assertThat(diff.waitFor()).isZero();
        containerd.ctr("containers", "rm", container);
        String names =
                dev.naiad.testkit.Commands.run("tar", "-tf", tar.toString()).orFail().output();
        assertThat(names).contains("data/.wh.changed", "data/added", "data/kept/.wh.three");
        return names;
    }
}
