package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.NYDUS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.Node;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.testkit.Await;
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

/** {@code nydusify commit}: what a container has changed is in the containers of the new image. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommitTest {
    private static final String CHANGES =
            "echo new >/odd/new; echo changed >/odd/short; rm -r /odd/deep; mkdir -p /made/up;"
                    + " chmod 700 /made; ln -s /odd/new /made/link; ln /odd/new /made/hard;"
                    + " rm -r /app && mkdir /app && echo alone >/app/only;"
                    + " echo secret >/made/secret; touch /ready; exec sleep 600";

    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Registry registry;

    @BeforeAll
    void open() {
        Assumptions.assumeTrue(Freezer.isThere(), "needs cgroups, to pause containers");
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
    }

    @AfterAll
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    private Command nydusify(Node node, String... words) {
        var argv = new ArrayList<>(List.of(lab.dist().program("nydusify")));
        argv.addAll(List.of(words));
        argv.addAll(List.of("--plain-http", "--work-dir", lab.path().resolve("commit").toString()));
        return Command.of(argv).in(node.namespace());
    }

    @Test
    void changesOfAContainerAreInTheNewImage() throws Exception {
        var node = lab.addNode(NodeOptions.guide(registry.url()).withoutPeer()).start();
        String image = registry.host() + "/" + NYDUS;
        node.pull(image, "nydus");
        Path mounted = Files.createDirectories(lab.path().resolve("mounted/sub"));
        Files.writeString(mounted.resolve("data"), "from a mount");
        String id = "commit-" + ProcessHandle.current().pid();
        String first = registry.host() + "/naiad/committed:1";
        var running =
                node.containers()
                        .start(
                                image,
                                "nydus",
                                id,
                                List.of(
                                        "--mount",
                                        "type=bind,src="
                                                + mounted.getParent()
                                                + ",dst=/mnt,options=rbind:rw"),
                                "/bin/sh",
                                "-c",
                                CHANGES);
        try (running) {
            Await.until(
                    "the container has changed its files",
                    () -> node.containers().exec(id, "/bin/ls", "/ready").run().code() == 0,
                    lab::tails);
            nydusify(
                            node,
                            "commit",
                            "--container",
                            id.substring(0, id.length() - 1),
                            "--namespace",
                            Node.NAMESPACE,
                            "--containerd-address",
                            node.containerdSocket().toString(),
                            "--with-path",
                            "/mnt/sub,!/made/secret",
                            "--target",
                            first)
                    .must();
            assertThat(node.containers().exec(id, "/bin/cat", "/odd/new").must())
                    .as("the container goes on")
                    .isEqualTo("new\n");
        }
        node.pull(first, "nydus");
        assertThat(
                        node.run(
                                        first,
                                        "nydus",
                                        "/bin/sh",
                                        "-c",
                                        "cat /odd/new /odd/short /made/link /made/hard /mnt/sub/data;"
                                                + " ls /app; stat -c %a /made; stat -c %h /made/hard;"
                                                + " ls -d /odd/deep /made/secret 2>&1 | wc -l")
                                .orThrow())
                .isEqualTo("new\nchanged\nnew\nnew\nfrom a mountonly\n700\n2\n2\n");
        nydusify(node, "check", "--target", first).must();
        commitsAreCounted(node, first);
    }

    /** A commit of a commit: the bootstrap lists the blobs of both. */
    private void commitsAreCounted(Node node, String first) {
        String id = "again-" + ProcessHandle.current().pid();
        String second = registry.host() + "/naiad/committed:2";
        var running =
                node.containers()
                        .start(
                                first,
                                "nydus",
                                id,
                                List.of(),
                                "/bin/sh",
                                "-c",
                                "rm /odd/new; echo second >/second; touch /ready2; exec sleep 600");
        try (running) {
            Await.until(
                    "the container has changed its files",
                    () -> node.containers().exec(id, "/bin/ls", "/ready2").run().code() == 0,
                    lab::tails);
            String[] commit = {
                "commit",
                "--container",
                id,
                "--containerd-address",
                node.containerdSocket().toString(),
                "--target",
                second
            };
            var more =
                    java.util.stream.Stream.concat(
                                    java.util.stream.Stream.of(commit),
                                    java.util.stream.Stream.of("--maximum-times=2"))
                            .toArray(String[]::new);
            assertThat(nydusify(node, more).run().text())
                    .contains("commits have added 2 layers to the image already");
            nydusify(node, commit).must();
        }
        node.pull(second, "nydus");
        assertThat(
                        node.run(
                                        second,
                                        "nydus",
                                        "/bin/sh",
                                        "-c",
                                        "cat /second /odd/short; test -e /odd/new || echo gone")
                                .orThrow())
                .isEqualTo("second\nchanged\ngone\n");
    }
}
