package dev.naiad.nydusimage.command;

import static dev.naiad.nydusimage.command.ImageTool.blobs;
import static dev.naiad.nydusimage.command.ImageTool.noise;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.linux.RawPath;
import dev.naiad.linux.Xattrs;
import dev.naiad.rafs.Inode;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Known defects of the original builder, each with the behaviour that is right. The numbers are
 * those of the list that was kept of them; those that archives bring are in {@link
 * ArchiveDefectsTest}.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BuilderDefectsTest {
    private final ImageTool tool = new ImageTool();

    @BeforeEach
    void tree() throws IOException {
        tool.write("tree/file", "content");
    }

    @AfterEach
    void clean() {
        tool.close();
    }

    private static Inode at(Path image, String... names) throws IOException {
        return ImageTool.at(ImageTool.open(image).root(), names);
    }

    // Number 1.
    @Test
    void aBlobPathAloneIsEnoughForOrdinaryFiles() throws Exception {
        // As nydusify build calls it: no --type, no --blob-dir, no --external-blob.
        tool.run("create", "--blob", tool.path("b"), "-B", tool.path("m"), tool.path("tree"))
                .succeeded();
        tool.run("check", tool.path("m")).succeeded();
    }

    // Number 2.
    @Test
    void missingOutputsAreAUsageErrorAndNoCrash() throws Exception {
        for (String type : List.of("dir-rafs", "tar-rafs", "targz-rafs", "estargz-rafs")) {
            tool.run("create", "--type", type, tool.path("tree")).misused("--blob");
            tool.run("create", "--type", type, "--blob", tool.path("b"), tool.path("tree"))
                    .misused("--bootstrap");
        }
        tool.run("create", "-D", tool.path("d")).misused("SOURCE");
        assertThat(tool.path("b")).doesNotExist();
    }

    // Number 2.
    @ParameterizedTest
    @CsvSource({
        "--chunk-size, 0x1001",
        "--chunk-size, 0x800",
        "--chunk-size, 0x2000000",
        "--chunk-size, many",
        "--batch-size, 0x1001",
        "--batch-size, many",
        "--fs-version, 7",
        "--compressor, gzip",
        "--digester, md5",
        "--whiteout-spec, aufs",
        "--prefetch-policy, all",
        "--features, unknown",
        "--type, tar-ref",
    })
    void valuesThatAreNotAllowedAreNamed(String option, String value) throws Exception {
        var result = tool.run("create", "-D", tool.path("d"), option, value, tool.path("tree"));
        assertThat(result.code()).as(result.err()).isIn(1, 2);
        assertThat(result.err()).doesNotContain("\tat ");
        assertThat(result.err().replace(' ', '-')).contains(option.substring(2));
        assertThat(tool.names("d")).isEmpty();
    }

    // Number 5.
    @Test
    void attributesThatRafsCannotHoldDoNotFailADirectory() throws Exception {
        var file = RawPath.of(tool.path("tree/file"));
        try {
            Xattrs.set(file, "user.kept", "v".getBytes(StandardCharsets.UTF_8));
        } catch (RuntimeException e) {
            Requires.skip("no user attributes here: " + e.getMessage());
        }
        var image = tool.create("6", "tree");
        assertThat(at(image, "file").hasXattrs()).isTrue();
    }

    // Number 6.
    @Test
    void aBlobInADirectoryGoesByItsDigest() throws Exception {
        tool.write("tree/more", noise(1, 100_000));
        for (var features :
                List.of(
                        List.of("--features", "blob-toc"),
                        List.of("--features", "blob-toc", "--blob-inline-meta"),
                        List.of("--blob-inline-meta"))) {
            var args = new ArrayList<Object>(List.of("create", "-D", tool.path("named")));
            args.addAll(features);
            if (!features.contains("--blob-inline-meta")) {
                args.addAll(List.of("-B", tool.path("named.boot")));
            }
            args.add(tool.path("tree"));
            tool.run(args.toArray()).succeeded();
        }
        assertThat(tool.names("named")).hasSize(3);
        for (String name : tool.names("named")) {
            var content = Files.readAllBytes(tool.path("named").resolve(name));
            var digest = MessageDigest.getInstance("SHA-256").digest(content);
            assertThat(HexFormat.of().formatHex(digest)).isEqualTo(name);
        }
        assertThat(tool.names("named")).contains(blobs(tool.path("named.boot")).getFirst().id());
    }

    // Number 7.
    @Test
    void aReaderThatGoesAwayEndsTheBuild() throws Exception {
        Requires.commands("mkfifo");
        tool.write("tree/large", noise(1, 8 << 20));
        var pipe = tool.path("pipe");
        Commands.run("mkfifo", pipe.toString()).orFail();
        var reader =
                new FutureTask<>(
                        () -> {
                            try (var in = Files.newInputStream(pipe)) {
                                return in.readNBytes(1000).length;
                            }
                        });
        Thread.ofPlatform().daemon().start(reader);
        tool.run(
                        "create",
                        "--type",
                        "dir-rafs",
                        "--blob",
                        pipe,
                        "-B",
                        tool.path("m"),
                        tool.path("tree"))
                .failed("cannot write " + pipe);
        assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo(1000);
        assertThat(tool.path("m")).doesNotExist();
    }

    // Number 11.
    @Test
    void encryptedAndBatchedImagesUnpackAndAreVerified() throws Exception {
        tool.write("tree/large", noise(1, 50_000));
        for (int i = 0; i < 20; i++) {
            tool.write("tree/small" + i, "small file " + i);
        }
        byte[] plain = tool.unpacked(tool.create("6", "tree", "--chunk-size", "0x10000"));
        for (var options : List.of(List.of("--batch-size", "0x10000"), List.of("--encrypt"))) {
            var args = new ArrayList<Object>(List.of("--chunk-size", "0x10000"));
            args.addAll(options);
            var image = tool.create("6", "tree", args.toArray());
            assertThat(tool.unpacked(image)).as("%s", options).isEqualTo(plain);
            var blob = tool.path("blobs").resolve(blobs(image).getFirst().id());
            byte[] bytes = Files.readAllBytes(blob);
            bytes[100] ^= 1;
            Files.write(blob, bytes);
            tool.run("unpack", image, "-D", tool.path("blobs"), "--output", tool.path("t"))
                    .failed("chunk");
        }
    }

    // Number 12.
    @Test
    void theNumberOfThreadsDoesNotChangeAnExport() throws Exception {
        tool.write("tree/large", noise(1, 3 << 20));
        var image = tool.create("6", "tree", "--chunk-size", "0x10000");
        byte[] first = new byte[0];
        for (int threads : new int[] {1, 2, 32}) {
            tool.run(
                            "export",
                            "--block",
                            "-B",
                            image,
                            "-D",
                            tool.path("blobs"),
                            "--threads",
                            threads,
                            "-O",
                            tool.path("disk"))
                    .succeeded();
            byte[] disk = Files.readAllBytes(tool.path("disk"));
            assertThat(first.length == 0 || Arrays.equals(first, disk)).isTrue();
            first = disk;
        }
        tool.run("export", "--block", "-B", image, "-D", tool.path("blobs"), "--threads", 0)
                .misused("threads");
    }

    // Number 16.
    @Test
    void encryptionIsRefusedForV5() throws Exception {
        var result =
                tool.run("create", "--encrypt", "-v", 5, "-D", tool.path("d"), tool.path("tree"));
        assertThat(result.code()).as(result.err()).isIn(1, 2);
        assertThat(result.err()).contains("encrypt").doesNotContain("\tat ");
        assertThat(tool.names("d")).isEmpty();
    }

    // Number 19.
    @ParameterizedTest
    @CsvSource({"fs", "blob"})
    void theLengthOfPrefetchedDataIsRecorded(String policy) throws Exception {
        tool.write("tree/a", noise(1, 10_000));
        tool.write("tree/z", noise(2, 20_000));
        tool.runWith(
                        "/z\n",
                        "create",
                        "-v",
                        5,
                        "--prefetch-policy",
                        policy,
                        "-D",
                        tool.path("blobs"),
                        "-B",
                        tool.path("m"),
                        tool.path("tree"))
                .succeeded();
        assertThat(tool.run("inspect", "-R", "blobs", tool.path("m")).succeeded().out())
                .contains("\"readahead_offset\":0,\"readahead_size\":20000");
        // The data of the files that are wanted first comes first.
        assertThat(at(tool.path("m"), "z").chunk(0).compressedOffset()).isZero();
        assertThat(ImageTool.open(tool.path("m")).prefetch()).hasSize(policy.equals("fs") ? 1 : 0);
    }
}
