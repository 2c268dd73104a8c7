package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.NYDUS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.LabProcess;
import dev.naiad.e2e.lab.ProcessTable;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.testkit.Await;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code nydusify mount} with the nydusd beside it, reading lazily from a registry. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NydusifyMountTest {
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

    /** Not started yet. */
    private LabProcess mount(String name) {
        return new LabProcess(
                "nydusify-" + name,
                registry.namespace(),
                lab.path().resolve(name + ".log"),
                Map.of(),
                List.of(
                        lab.dist().program("nydusify"),
                        "mount",
                        "--plain-http",
                        "--target",
                        registry.localHost() + "/" + NYDUS,
                        "--mount-path",
                        mountPath(name).toString(),
                        "--work-dir",
                        lab.path().resolve(name + "-work").toString()));
    }

    private Path mountPath(String name) {
        return lab.path().resolve(name + "-mnt");
    }

    /** Waits for the mount and reads through it. */
    private void assertReadable(String name, LabProcess nydusify) {
        var script = mountPath(name).resolve("app/hello.py");
        nydusify.await("the mount of the image", () -> Files.size(script) > 0);
        assertThat(script).content().contains("hello");
        assertThat(ProcessTable.mentioning(mountPath(name).toString()))
                .as("nydusify and its nydusd")
                .hasSizeGreaterThanOrEqualTo(2);
    }

    private void assertNothingLeft(String name, LabProcess nydusify) {
        assertThat(nydusify.awaitExit(Await.PATIENCE)).as(nydusify.tail(20)).isZero();
        assertThat(ProcessTable.mentioning(mountPath(name).toString())).isEmpty();
        assertThat(mountPath(name)).doesNotExist();
        assertThat(lab.path().resolve(name + "-work")).doesNotExist();
    }

    @Test
    void signalEndsTheMount() {
        try (var nydusify = mount("signal").start()) {
            assertReadable("signal", nydusify);
            Command.of("kill", "-TERM", Long.toString(nydusify.pid())).must();
            assertNothingLeft("signal", nydusify);
        }
    }

    @Test
    void umountEndsTheProgram() {
        try (var nydusify = mount("umount").start()) {
            assertReadable("umount", nydusify);
            Command.of("umount", mountPath("umount").toString()).must();
            assertNothingLeft("umount", nydusify);
        }
    }

    @Test
    void whoIsKilledLeavesNothingEither() {
        try (var nydusify = mount("killed").start()) {
            assertReadable("killed", nydusify);
            Command.of("kill", "-KILL", Long.toString(nydusify.pid())).must();
            Await.until(
                    "nydusd, mount and working directory go with nydusify",
                    () ->
                            ProcessTable.mentioning(mountPath("killed").toString()).isEmpty()
                                    && !Files.exists(mountPath("killed").resolve("app"))
                                    && Lab.filesBelow(lab.path().resolve("killed-work"), "")
                                            .isEmpty(),
                    lab::tails);
            // The directory itself can be used again.
            Command.of("rmdir", mountPath("killed").toString()).must();
        }
    }

    @Test
    void aMountThatNobodyServesIsTakenAwayByTheNextRun() {
        try (var first = mount("dead").start()) {
            assertReadable("dead", first);
            // All are stopped before any is killed, so that none is left to clean up.
            var pids = ProcessTable.mentioning(mountPath("dead").toString());
            for (var signal : List.of("STOP", "KILL")) {
                for (long pid : pids) {
                    Command.of("kill", "-s", signal, Long.toString(pid)).run();
                }
            }
            first.awaitExit(Await.PATIENCE);
        }
        try (var second = mount("dead").start()) {
            // The kernel may still know files of the dead mount.
            second.await(
                    "its mount",
                    () -> {
                        String said = second.tail(50);
                        int taken = said.indexOf("it is taken away");
                        return taken >= 0 && said.indexOf("mounted ", taken) >= 0;
                    });
            assertReadable("dead", second);
            Command.of("kill", "-TERM", Long.toString(second.pid())).must();
            assertThat(second.awaitExit(Await.PATIENCE)).as(second.tail(20)).isZero();
            assertThat(ProcessTable.mentioning(mountPath("dead").toString())).isEmpty();
        }
    }
}
