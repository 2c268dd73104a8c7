package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.NYDUS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Containers;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.LabProcess;
import dev.naiad.e2e.lab.Node;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.ProcessTable;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whichever process is killed while {@code nydusify commit} copies, the container goes on. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommitKillTest {
    private static final int ROUNDS = 4;
    private static final int WINDOW_MILLIS = 800;

    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Registry registry;
    private Node node;
    private String id;
    private Containers.Running running;
    private int commits;

    @BeforeAll
    void open() {
        Assumptions.assumeTrue(Freezer.isThere(), "needs cgroups, to pause containers");
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
        node = lab.addNode(NodeOptions.guide(registry.url()).withoutPeer()).start();
        String image = registry.host() + "/" + NYDUS;
        node.pull(image, "nydus");
        id = "killed-commit-" + ProcessHandle.current().pid();
        running =
                node.containers()
                        .start(
                                image,
                                "nydus",
                                id,
                                List.of(),
                                "/bin/sh",
                                "-c",
                                "head -c 100000000 /dev/zero >/big; touch /ready; exec sleep 600");
        Await.until(
                "the container has changed its files",
                () -> node.containers().exec(id, "/bin/ls", "/ready").run().code() == 0,
                lab::tails);
    }

    @AfterAll
    void close() {
        if (running != null) {
            running.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    /**
     * A commit whose tar waits until the gate exists.
     *
     * @param gate if it exists, nothing waits
     */
    private LabProcess commit(Path gate) throws IOException {
        String name = "commit-" + ++commits;
        Path programs = Files.createDirectories(lab.path().resolve(name + "-bin"));
        Path tar = programs.resolve("tar");
        Files.writeString(
                tar,
                "#!/bin/sh\nwhile [ ! -e "
                        + gate
                        + " ] && [ -d "
                        + lab.path()
                        + " ]; do sleep 0.05; done\nPATH=/usr/bin:/bin exec tar \"$@\"\n");
        Files.setPosixFilePermissions(tar, PosixFilePermissions.fromString("rwxr-xr-x"));
        var argv = new ArrayList<>(List.of(lab.dist().program("nydusify"), "commit"));
        argv.addAll(List.of("--container", id, "--namespace", Node.NAMESPACE));
        argv.addAll(List.of("--containerd-address", node.containerdSocket().toString()));
        argv.addAll(List.of("--target", registry.host() + "/naiad/killed:" + commits));
        argv.addAll(List.of("--plain-http", "--work-dir", lab.path().resolve("work").toString()));
        return new LabProcess(
                name,
                node.namespace(),
                lab.path().resolve(name + ".log"),
                Map.of("PATH", programs + ":" + System.getenv("PATH")),
                argv);
    }

    private Path gate(String name) {
        return lab.path().resolve(name + "-gate");
    }

    private boolean taskIs(String status) {
        return node.ctr("tasks", "ls")
                .must()
                .lines()
                .anyMatch(line -> line.startsWith(id) && line.strip().endsWith(status));
    }

    private void awaitTask(String status) {
        Await.until("the container is " + status, () -> taskIs(status), lab::tails);
    }

    /** It runs, can execute programs, and nothing of the commit is left in its labels. */
    private void assertGoesOn() {
        awaitTask("RUNNING");
        assertThat(node.containers().exec(id, "/bin/echo", "on").must()).isEqualTo("on\n");
        Await.until(
                "the container's label is gone",
                () -> !node.ctr("containers", "info", id).must().contains("paused-for-commit"),
                lab::tails);
    }

    @Test
    void aKilledCommitLetsTheContainerGoOn() throws Exception {
        try (var commit = commit(gate("killed")).start()) {
            awaitTask("PAUSED");
            commit.kill();
            assertGoesOn();
            assertThat(commit.output()).contains("container " + id + " goes on");
        } finally {
            Files.createFile(gate("killed"));
        }
    }

    @Test
    void whenTheGuardianIsKilledTooTheNextCommitResumesTheContainer() throws Exception {
        try (var first = commit(gate("both")).start()) {
            awaitTask("PAUSED");
            // All are stopped before any is killed, so that none is left to resume the container.
            var all = new ArrayList<>(List.of(first.pid()));
            all.addAll(ProcessTable.mentioning("nydusify-guardian"));
            assertThat(all).hasSizeGreaterThanOrEqualTo(2);
            for (var signal : List.of("STOP", "KILL")) {
                for (long pid : all) {
                    Command.of("kill", "-s", signal, Long.toString(pid)).run();
                }
            }
            first.awaitExit(Await.PATIENCE);
            assertThat(taskIs("PAUSED")).isTrue();
        } finally {
            Files.createFile(gate("both"));
        }
        try (var second = commit(gate("both")).start()) {
            assertThat(second.awaitExit(Await.PATIENCE)).as(second.tail(40)).isZero();
            assertThat(second.output()).contains("which a killed commit has left paused");
        }
        assertGoesOn();
    }

    @Test
    void aKilledContainerdIsWaitedFor() throws Exception {
        try (var commit = commit(gate("containerd")).start()) {
            awaitTask("PAUSED");
            node.containerd().kill();
            Files.createFile(gate("containerd"));
            commit.await("it cannot resume", () -> commit.output().contains("is not resumed yet"));
            node.containerd().start();
            assertThat(commit.awaitExit(Await.PATIENCE)).as(commit.tail(40)).isZero();
            assertGoesOn();
        }
    }

    @Test
    void killsAtAnyMomentLeaveTheContainerRunning() throws Exception {
        Path open = Files.createFile(gate("open"));
        long seed = System.nanoTime();
        System.out.println("CommitKillTest: seed " + seed);
        var random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            try (var commit = commit(open).start()) {
                commit.await("it begins", () -> commit.output().contains("pausing container"));
                TimeUnit.MILLISECONDS.sleep(random.nextInt(WINDOW_MILLIS));
                commit.kill();
                assertGoesOn();
            }
        }
    }
}
