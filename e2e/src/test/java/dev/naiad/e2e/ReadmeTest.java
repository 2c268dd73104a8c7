package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.OCI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * README's steps as a newcomer types them: its blocks of commands, one after the other, in one
 * shell on a machine with this machine's files, whose changes are thrown away. Only what README
 * says to fill in is filled in.
 */
@Tag("e2e")
class ReadmeTest {
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```sh\\n(.*?)^```$");
    private static final String VERIFY = "grep mirrors";

    @RegisterExtension final Tails tails = new Tails();

    private final Dist dist = Dist.find();
    private Lab lab;
    private Registry registry;

    @BeforeEach
    void open() {
        Requires.mounts();
        Requires.fuse();
        Requires.fileSystem("overlay");
        Requires.commands("containerd", "ctr", "runc", "ctr-remote");
        Requires.that(
                Command.of("ctr-remote", "images", "rpull", "--help")
                        .must()
                        .contains("--use-containerd-labels"),
                "needs a ctr-remote that knows --use-containerd-labels, as of Debian 13");
        lab = tails.watch(Lab.open(dist, Lab.Options.FAST));
        registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
    }

    @AfterEach
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void theStepsLeadFromNothingToAContainerThatReadsThroughThePeer() throws IOException {
        var blocks = blocks();
        assertThat(blocks).as("README's blocks of commands").hasSize(9);
        var script = new StringBuilder(resource("systemctl.sh"));
        script.append("cd '").append(project()).append("'\n");
        for (var block : blocks) {
            script.append(block.contains(VERIFY) ? untilItHolds(block) : block);
        }
        var result = run(script.toString());
        assertThat(result.code()).as(result.text()).isZero();
        assertThat(result.out())
                .containsPattern("io\\.containerd\\.snapshotter\\.v1\\s+nydus\\s+\\S+\\s+ok")
                .as("cat /etc/os-release in the container")
                .contains("VERSION_CODENAME=")
                .as("nydusd's connection")
                .contains("mirrors: [MirrorConfig { host: \"http://127.0.0.1:4001\"")
                .contains("headers: {\"X-Dragonfly-Registry\": \"" + registry.url() + "\"}")
                .containsPattern("download task succeeded url=\"" + registry.url());
    }

    /** What a user does who looks too early. */
    private static String untilItHolds(String block) {
        return "verify() (\nset -e\n"
                + block
                + ")\nfor _ in $(seq 600); do if verify >/run/verified; then break; fi; sleep 0.1; done\n"
                + "cat /run/verified\nverify >/dev/null\n";
    }

    private List<String> blocks() throws IOException {
        var text = Files.readString(project().resolve("README.md"));
        var found = BLOCK.matcher(text);
        var blocks = new ArrayList<String>();
        while (found.find()) {
            blocks.add(filledIn(found.group(1)));
        }
        return blocks;
    }

    private String filledIn(String block) {
        var site =
                Map.of(
                        "URL", registry.url(),
                        "IMAGE", OCI,
                        "SCHEDULER", lab.swarmNetwork().ip());
        var text = block;
        for (var value : site.entrySet()) {
            text = text.replaceAll("(?m)^" + value.getKey() + "=\\S+", value.toString());
        }
        // The distribution under test is built.
        return text.replaceAll("(?m)^\\./build$", ":");
    }

    private Command.Result run(String script) throws IOException {
        var directory = Files.createDirectories(lab.path().resolve("readme"));
        var setup = Files.writeString(directory.resolve("setup.sh"), resource("private-root.sh"));
        var steps = Files.writeString(directory.resolve("steps.sh"), script);
        return Command.of(
                        "unshare",
                        "--mount",
                        "--pid",
                        "--fork",
                        "--kill-child",
                        "--propagation",
                        "private",
                        "--",
                        "bash",
                        setup.toString(),
                        directory.toString(),
                        project().toString(),
                        steps.toString())
                .in(lab.swarmNetwork())
                .atMost(Duration.ofMinutes(5))
                .run();
    }

    private Path project() {
        return Objects.requireNonNull(dist.root().getParent(), "the project");
    }

    private static String resource(String name) throws IOException {
        try (var stream = ReadmeTest.class.getResourceAsStream(name)) {
            return new String(
                    Objects.requireNonNull(stream, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
