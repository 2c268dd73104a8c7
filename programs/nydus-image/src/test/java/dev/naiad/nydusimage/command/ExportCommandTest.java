package dev.naiad.nydusimage.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.nydusimage.main.NydusImageProgram;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import dev.naiad.testkit.ShortTempDir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Disks made of images: what lies where, and that the kernel and veritysetup agree. */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ExportCommandTest {
    /** What snapshotters expect at the start of standard output, for any size of data block. */
    private static final Pattern VERITY =
            Pattern.compile(
                    "dm-verity options: --no-superblock --format=1 -s \"\" --hash=sha256"
                            + " --data-block-size=(\\d+) --hash-block-size=4096"
                            + " --data-blocks (\\d+) --hash-offset (\\d+) ([0-9a-f]{64})\n");

    private record Result(int code, String out, String err) {}

    private final ShortTempDir temp = ShortTempDir.create();

    @AfterEach
    void clean() {
        temp.close();
    }

    private Path path(String name) {
        return temp.resolve(name);
    }

    private static Result run(Object... args) throws Exception {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var context =
                ProgramContext.forTest(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of());
        int code =
                new NydusImageProgram()
                        .run(context, Arrays.stream(args).map(Object::toString).toList());
        return new Result(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static void succeed(Object... args) throws Exception {
        var result = run(args);
        assertThat(result.code).as(result.err).isZero();
    }

    /** Two layers, one compressed and one not, so that the image has two blobs. */
    private Path image() throws Exception {
        byte[] noise = new byte[3_000_001];
        new Random(7).nextBytes(noise);
        Files.createDirectories(path("lower/sub"));
        Files.write(path("lower/sub/noise"), noise);
        Files.writeString(path("lower/hello"), "hello ".repeat(1000));
        Files.createDirectories(path("upper"));
        Files.writeString(path("upper/world"), "world ".repeat(50_000));
        Files.writeString(path("upper/empty"), "");
        succeed(
                "merge",
                "--bootstrap",
                path("image.boot"),
                named(layer("lower", 6, "zstd")),
                named(layer("upper", 6, "none")));
        return path("image.boot");
    }

    /** A merge takes a layer's blob to be named like its bootstrap. */
    private Path named(Path bootstrap) throws IOException {
        var bytes = MemorySegment.ofArray(Files.readAllBytes(bootstrap));
        var image = BootstrapReader.open(bytes, bootstrap.toString());
        return Files.move(bootstrap, path(image.blobs().getFirst().id()));
    }

    private Path layer(String name, int version, String compressor) throws Exception {
        Files.createDirectories(path("blobs"));
        succeed(
                "create",
                "--type",
                "dir-rafs",
                "--fs-version",
                version,
                "--compressor",
                compressor,
                "--prefetch-policy",
                "none",
                "--bootstrap",
                path(name + ".boot"),
                "--blob-dir",
                path("blobs"),
                path(name));
        return path(name + ".boot");
    }

    private Result export(Object... more) throws Exception {
        var args = new ArrayList<Object>(List.of("export", "--block"));
        args.addAll(List.of("-B", path("image.boot"), "-D", path("blobs")));
        args.addAll(List.of(more));
        return run(args.toArray());
    }

    @Test
    void aDiskHoldsTheBootstrapAndEveryBlobAtItsBlock() throws Exception {
        byte[] boot = Files.readAllBytes(image());
        var done = export();
        assertThat(done.err).isEmpty();
        assertThat(done.code).isZero();
        assertThat(done.out).isEmpty();
        byte[] disk = Files.readAllBytes(path("blobs/image.boot.disk"));
        assertThat(Arrays.copyOf(disk, boot.length)).isEqualTo(boot);
        var image = BootstrapReader.open(MemorySegment.ofArray(boot), "image.boot");
        assertThat(image.blobs()).hasSize(2);
        var last = image.blobs().getLast();
        assertThat(disk).hasSize((int) (last.mappedBlock() + last.blocks()) * 4096);
        for (String name : List.of("hello", "sub/noise", "world", "empty")) {
            var inode = image.root();
            for (String part : name.split("/", -1)) {
                inode =
                        Objects.requireNonNull(
                                inode.child(part.getBytes(StandardCharsets.UTF_8)), name);
            }
            var content = new ByteArrayOutputStream();
            for (int k = 0; k < inode.chunkCount(); k++) {
                var ref = inode.chunkRef(k);
                long at =
                        image.blobs().get(ref.blobIndex()).mappedBlock() * 4096
                                + ref.uncompressedOffset();
                content.write(disk, (int) at, ref.size());
            }
            assertThat(content.toByteArray()).isEqualTo(Files.readAllBytes(source(name)));
        }
    }

    private Path source(String name) {
        var lower = path("lower").resolve(name);
        return Files.exists(lower) ? lower : path("upper").resolve(name);
    }

    @Test
    void theVerityTreeIsTheOneOfTheDisk() throws Exception {
        image();
        succeed("export", "--block", "-B", path("image.boot"), "-D", path("blobs"));
        byte[] plain = Files.readAllBytes(path("blobs/image.boot.disk"));
        var done = export("--verity", "--output", path("verity.disk"), "--threads", 2);
        assertThat(done.code).as(done.err).isZero();
        byte[] disk = Files.readAllBytes(path("verity.disk"));
        assertThat(Arrays.copyOf(disk, plain.length)).isEqualTo(plain);
        var line = VERITY.matcher(done.out);
        assertThat(line.matches()).as(done.out).isTrue();
        assertThat(line.group(1)).isEqualTo("4096");
        assertThat(line.group(2)).isEqualTo(Integer.toString(plain.length / 4096));
        assertThat(line.group(3)).isEqualTo(Integer.toString(plain.length));
        assertTree(disk, plain.length, 4096, plain.length, line.group(4));
        veritysetup(path("verity.disk"), 4096, plain.length / 4096, plain.length, line.group(4));
    }

    /** Computes the tree over again, recursively, from the definition of the format. */
    private static void assertTree(byte[] disk, int size, int block, int offset, String root)
            throws Exception {
        var levels = new ArrayDeque<byte[]>();
        byte[] below = Arrays.copyOf(disk, size);
        int step = block;
        while (below.length > step) {
            var level = new ByteArrayOutputStream();
            for (int at = 0; at < below.length; at += step) {
                level.write(sha256(Arrays.copyOfRange(below, at, at + step)));
            }
            below = Arrays.copyOf(level.toByteArray(), (level.size() + 4095) / 4096 * 4096);
            levels.push(below);
            step = 4096;
        }
        assertThat(root).isEqualTo(HexFormat.of().formatHex(sha256(below)));
        var tree = new ByteArrayOutputStream();
        levels.forEach(tree::writeBytes);
        assertThat(Arrays.copyOfRange(disk, offset, disk.length)).isEqualTo(tree.toByteArray());
    }

    private static byte[] sha256(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    /** A second opinion where the machine has the tool. */
    private static void veritysetup(Path disk, int block, long blocks, long offset, String root) {
        if (Requires.find("veritysetup").isEmpty() || !Requires.isRoot()) {
            return;
        }
        Commands.run(
                        "veritysetup",
                        "verify",
                        "--no-superblock",
                        "--format=1",
                        "-s",
                        "",
                        "--hash=sha256",
                        "--data-block-size=" + block,
                        "--hash-block-size=4096",
                        "--data-blocks=" + blocks,
                        "--hash-offset=" + offset,
                        disk.toString(),
                        disk.toString(),
                        root)
                .orFail();
    }

    @Test
    void aTarfsBlobIsTheTarItselfInBlocksOf512() throws Exception {
        byte[] tar = new byte[512 * 2051];
        new Random(3).nextBytes(tar);
        byte[] boot = new byte[8192];
        new Random(4).nextBytes(boot);
        var image = new TarfsLayout(tar.length, boot.length, 1024);
        var disk = path("disk");
        BlockImage.check(image);
        VerityTree tree;
        try (var out =
                FileChannel.open(
                        disk,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            long size =
                    BlockImage.write(
                            image,
                            MemorySegment.ofArray(boot),
                            blob -> ByteSource.of("tar", MemorySegment.ofArray(tar)),
                            out);
            assertThat(size).isEqualTo(512L * (1024 + 2051));
            tree = VerityTree.append(out, size, 512);
        }
        byte[] bytes = Files.readAllBytes(disk);
        assertThat(Arrays.copyOf(bytes, boot.length)).isEqualTo(boot);
        assertThat(Arrays.copyOfRange(bytes, 512 * 1024, 512 * (1024 + 2051))).isEqualTo(tar);
        assertThat(tree.dataBlocks()).isEqualTo(1024 + 2051);
        // 3075 blocks of 512 end within a hash block.
        assertThat(tree.offset()).isEqualTo(385L * 4096);
        assertTree(bytes, 512 * (1024 + 2051), 512, (int) tree.offset(), tree.root());
        veritysetup(disk, 512, tree.dataBlocks(), tree.offset(), tree.root());
        byte[] half = Arrays.copyOf(tar, tar.length / 2);
        try (var out = FileChannel.open(disk, StandardOpenOption.WRITE)) {
            assertThatThrownBy(
                            () ->
                                    BlockImage.write(
                                            image,
                                            MemorySegment.ofArray(boot),
                                            blob ->
                                                    ByteSource.of(
                                                            "tar", MemorySegment.ofArray(half)),
                                            out))
                    .isInstanceOf(CorruptFormatException.class)
                    .hasMessageContaining("tar");
        }
    }

    @Test
    void aBlobWithoutAPlaceIsRefused() {
        assertThatThrownBy(() -> BlockImage.check(new TarfsLayout(512, 8192, 0)))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("blob 0");
    }

    @Test
    void whatCannotBeExportedIsRefusedAndNothingIsLeft() throws Exception {
        Files.createDirectories(path("lower"));
        Files.writeString(path("lower/hello"), "hello ".repeat(1000));
        layer("lower", 5, "none");
        var old = run("export", "--block", "-B", path("lower.boot"), "-D", path("blobs"));
        assertThat(old.code).isEqualTo(1);
        assertThat(old.err).contains("only RAFS v6 images");
        assertThat(run("export", "-B", path("lower.boot"), "-D", path("blobs")).code).isEqualTo(2);
        assertThat(run("export", "--block", "-B", path("lower.boot")).code).isEqualTo(2);
        image();
        Files.createDirectories(path("out"));
        Files.createDirectories(path("none"));
        var missing =
                run(
                        "export",
                        "--block",
                        "--verity",
                        "-B",
                        path("image.boot"),
                        "-D",
                        path("none"),
                        "-O",
                        path("out/disk"));
        assertThat(missing.code).isEqualTo(1);
        assertThat(missing.err).contains(path("none").toString());
        assertThat(missing.out).isEmpty();
        assertThat(path("out")).isEmptyDirectory();

        for (var blob : files(path("blobs"))) {
            byte[] damaged = Files.readAllBytes(blob);
            damaged[100] ^= 1;
            Files.write(blob, damaged);
        }
        var damaged = export("--verity", "-O", path("out/disk"));
        assertThat(damaged.code).isEqualTo(1);
        assertThat(damaged.err).contains("expected checksum");
        assertThat(path("out")).isEmptyDirectory();
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var list = Files.list(directory)) {
            return list.toList();
        }
    }

    @Test
    @Tag("root")
    void theKernelMountsTheDiskAlone() throws Exception {
        Requires.root();
        Requires.mounts();
        Requires.commands("mount", "umount");
        Requires.fileSystem("erofs");
        image();
        assertThat(export("--output", path("disk")).code).isZero();
        var mount = Files.createDirectory(path("mnt"));
        var mounted =
                Commands.run(
                        "mount",
                        "-t",
                        "erofs",
                        "-o",
                        "ro",
                        path("disk").toString(),
                        mount.toString());
        // Kernels before 6.12 mount EROFS from block devices only, and there may be no loop device.
        Requires.that(
                mounted.exitCode() == 0
                        || !(mounted.output().contains("block device")
                                || mounted.output().contains("loop")),
                "needs EROFS mounts of files: " + mounted.output());
        mounted.orFail();
        try {
            for (String name : List.of("hello", "sub/noise", "world", "empty")) {
                assertThat(mount.resolve(name)).hasSameBinaryContentAs(source(name));
            }
        } finally {
            Commands.run("umount", mount.toString()).orFail();
        }
    }
}
