package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.NYDUS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** With {@code recover_policy = "failover"} a killed nydusd costs a running container no reads. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FailoverTest {
    private static final int KILLS = 8;

    /** Reads past the page cache, so that nydusd is asked again in each round. */
    private static final String READER =
            "set -e; for round in 1 2 3 4 5 6 7 8 9 10; do"
                    + " find /usr/lib /usr/bin -xdev -type f -size +40k -print0 | sort -z |"
                    + " xargs -0 -n 1 sh -c 'dd if=\"$0\" iflag=direct bs=128k status=none || exit 255' |"
                    + " sha256sum; done";

    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Registry registry;

    @BeforeAll
    void open() {
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
    }

    @AfterAll
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void aContainerReadsOnWhileItsNydusdIsKilledAgainAndAgain() throws Exception {
        var node =
                lab.addNode(
                                NodeOptions.guide(registry.url())
                                        .withoutPeer()
                                        .withSnapshotter(withFailover().toString()))
                        .start();
        var image = registry.host() + "/" + NYDUS;
        node.pull(image, "nydus");
        var out = lab.path().resolve("failover.out");
        var reader =
                new ProcessBuilder(
                                node.containers()
                                        .runWords(image, "nydus", List.of("/bin/sh", "-c", READER)))
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile())
                        .start();
        var killed = new HashSet<Long>();
        try {
            for (int round = 0; round < KILLS; round++) {
                int lines = round + 1;
                Await.until(
                        "round " + lines + " was read, and a nydusd serves the next",
                        () -> {
                            var alive = new HashSet<>(node.nydusds().pids());
                            alive.removeAll(killed);
                            return linesOf(out).size() >= lines && !alive.isEmpty();
                        },
                        lab::tails);
                for (var pid : node.nydusds().pids()) {
                    if (killed.add(pid)) {
                        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
                    }
                }
            }
            assertThat(reader.waitFor(5, TimeUnit.MINUTES)).isTrue();
        } finally {
            reader.destroyForcibly();
        }
        assertThat(killed).hasSizeGreaterThanOrEqualTo(KILLS);
        assertThat(linesOf(out)).hasSize(KILLS + 2);
        assertThat(new HashSet<>(linesOf(out))).as("the same bytes in each round").hasSize(1);
        assertThat(reader.exitValue()).isZero();
    }

    private Path withFailover() throws IOException {
        var config = lab.path().resolve("failover.toml");
        Files.writeString(config, "version = 1\n[daemon]\nrecover_policy = \"failover\"\n");
        var script = lab.path().resolve("snapshotter-with-failover");
        Files.writeString(
                script,
                "#!/bin/sh\nexec "
                        + Dist.find().program("containerd-nydus-grpc")
                        + " --config "
                        + config
                        + " \"$@\"\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script;
    }

    private static List<String> linesOf(Path file) {
        try {
            return Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }
}
