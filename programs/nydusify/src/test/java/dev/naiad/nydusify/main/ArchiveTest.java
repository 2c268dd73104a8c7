package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.Requires;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images in archives, as skopeo writes and reads them. */
@Timeout(300)
class ArchiveTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() {
        Requires.commands("skopeo");
        OPEN.add(RealRegistry.start());
        SampleImage.push(registry(), "src/app", "1", SampleImage.layers(), false);
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private static RealRegistry registry() {
        return OPEN.getFirst();
    }

    private static String at(String path) {
        return registry().authority() + "/" + path;
    }

    private void skopeo(String... args) {
        var command =
                new ArrayList<>(List.of("skopeo", "--insecure-policy", "--tmpdir", dir.toString()));
        command.addAll(List.of(args));
        Commands.run(command).orFail();
    }

    private void check(String target) throws Exception {
        NydusifyRun.of(
                        dir,
                        "check",
                        "--no-mount",
                        "--source",
                        at("src/app:1"),
                        "--target",
                        at(target))
                .good();
    }

    @Test
    void archivesOfOthersAreConverted() throws Exception {
        String from = "docker://" + at("src/app:1");
        skopeo("copy", "--src-tls-verify=false", from, "oci-archive:" + dir.resolve("oci.tar"));
        skopeo(
                "copy",
                "--src-tls-verify=false",
                from,
                "docker-archive:" + dir.resolve("docker.tar") + ":app:1");
        skopeo("copy", "--src-tls-verify=false", from, "oci:" + dir.resolve("layout"));
        Commands.run("gzip", "-k", dir.resolve("oci.tar").toString()).orFail();
        int number = 0;
        for (String archive : List.of("oci.tar", "docker.tar", "layout", "oci.tar.gz")) {
            String target = "archive/app:" + ++number;
            NydusifyRun.of(
                            dir,
                            "convert",
                            "--source",
                            "example.com/app:1",
                            "--source-archive",
                            dir.resolve(archive).toString(),
                            "--target",
                            at(target))
                    .good();
            check(target);
        }
        assertThat(dir.resolve("work/nydusify-")).doesNotExist();
    }

    @Test
    void anArchiveOfOursIsReadByOthersAndByUs() throws Exception {
        Path archive = dir.resolve("nydus.tar");
        // Longer than the result: nothing of it may stay.
        Files.write(archive, new byte[20 << 20]);
        for (int run = 0; run < 2; run++) {
            NydusifyRun.of(
                            dir,
                            "convert",
                            "--source",
                            at("src/app:1"),
                            "--target",
                            "example.com/app:1-nydus",
                            "--target-archive",
                            archive.toString())
                    .good();
            Path copy = dir.resolve("first.tar");
            if (run == 0) {
                Files.copy(archive, copy);
            } else {
                assertThat(archive).hasSameBinaryContentAs(copy);
            }
        }
        assertThat(Files.size(archive)).isLessThan(20 << 20);
        skopeo(
                "copy",
                "--dest-tls-verify=false",
                "oci-archive:" + archive,
                "docker://" + at("skopeo/app:1"));
        check("skopeo/app:1");
        NydusifyRun.of(dir, "copy", "--source", "file://" + archive, "--target", at("copied/app:1"))
                .good();
        check("copied/app:1");
        assertThat(dir.toFile().list()).contains("nydus.tar", "first.tar");
    }

    @Test
    void copyWritesAnArchive() throws Exception {
        Path archive = dir.resolve("copy.tar");
        NydusifyRun.of(dir, "copy", "--source", at("src/app:1"), "--target", "file://" + archive)
                .good();
        skopeo(
                "copy",
                "--dest-tls-verify=false",
                "oci-archive:" + archive,
                "docker://" + at("skopeo/plain:1"));
        NydusifyRun.of(
                        dir,
                        "convert",
                        "--source",
                        at("skopeo/plain:1"),
                        "--target",
                        at("skopeo/plain:1-nydus"))
                .good();
        check("skopeo/plain:1-nydus");
    }

    @Test
    void whatIsNoArchiveIsNamed() throws Exception {
        Path file = Files.writeString(dir.resolve("no.tar"), "x".repeat(5000));
        String[] convert = {
            "convert",
            "--source",
            "example.com/app:1",
            "--target",
            at("no/app:1"),
            "--source-archive"
        };
        NydusifyRun.of(dir, with(convert, file.toString())).failedWith("no.tar", "tar header");
        NydusifyRun.of(dir, with(convert, dir.resolve("missing.tar").toString()))
                .failedWith("missing.tar", "missing");
        Path empty = Files.createDirectories(dir.resolve("empty"));
        NydusifyRun.of(dir, with(convert, empty.toString()))
                .failedWith("neither an OCI layout nor an archive of docker save");
        NydusifyRun.of(
                        dir,
                        "convert",
                        "--source",
                        at("src/app:1"),
                        "--target",
                        "example.com/app:1",
                        "--target-archive",
                        dir.resolve("nowhere/x.tar").toString())
                .failedWith("there is no directory");
    }

    private static String[] with(String[] args, String last) {
        String[] all = java.util.Arrays.copyOf(args, args.length + 1);
        all[args.length] = last;
        return all;
    }
}
