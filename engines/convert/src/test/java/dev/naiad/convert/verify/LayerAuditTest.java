package dev.naiad.convert.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.ImageMerger;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.MergeOptions;
import dev.naiad.builder.chunk.BlobWitness;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.testkit.Commands;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LayerAuditTest {
    private static final byte[] LARGE = random(300_000);

    @TempDir Path dir = Path.of("/");

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private static BuildOptions options() {
        return BuildOptions.forConversion().withChunkSize(0x10000).withThreads(2);
    }

    private static SmallTar sample() {
        return new SmallTar()
                .as(0755, 0, 0, 1000)
                .directory("etc")
                .as(0640, 1000, 1001, 1_700_000_000)
                .file("etc/motd", "hello\n")
                .hardLink("etc/again", "etc/motd")
                .symlink("etc/link", "motd")
                .device("null", '3', 1, 3)
                .device("disk", '4', 259, 300)
                .device("pipe", '6', 0, 0)
                .pax("SCHILY.xattr.security.capability", new byte[] {1, 0, 0, 2, (byte) 0xff, '\n'})
                .file("capable", LARGE)
                .file("large", LARGE)
                .file("twin", LARGE)
                .file("empty", "");
    }

    /** A build whose builder gets other bytes than the audit, or writes others. */
    private record Lie(
            UnaryOperator<byte[]> tar,
            UnaryOperator<WritableByteChannel> blob,
            UnaryOperator<BuiltLayer> result) {
        static final Lie NONE = new Lie(t -> t, b -> b, r -> r);

        static Lie tar(UnaryOperator<byte[]> change) {
            return new Lie(change, b -> b, r -> r);
        }
    }

    private static Evidence audit(byte[] tar, BuildOptions options, Lie lie) {
        return build(tar, options, lie).evidence;
    }

    private static Set<String> names(Evidence evidence) {
        return evidence.tree().namesIn(ExpectedTree.ROOT);
    }

    private record Built(BuiltLayer layer, Evidence evidence) {}

    private static Built build(byte[] tar, BuildOptions options, Lie lie) {
        var sent = Channels.newChannel(OutputStream.nullOutputStream());
        try (var audit = new LayerAudit("layer x", options, sent)) {
            var seen = audit.source(new ByteArrayInputStream(tar));
            byte[] read = seen.readAllBytes();
            var built =
                    LayerBuilder.fromTar(
                            "layer x",
                            Channels.newChannel(new ByteArrayInputStream(lie.tar.apply(read))),
                            options,
                            lie.blob.apply(audit.blob()));
            return new Built(built, audit.check(lie.result.apply(built)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "lz4_block", "zstd"})
    void honestBuildPasses(String compressor) {
        var options = options().withCompressor(Compressor.ofWord(compressor).orElseThrow());
        byte[] tar = sample().bytes();
        assertThat(names(audit(tar, options, Lie.NONE))).hasSize(8);
        var v5 = options.withToc(false).withVersion(RafsVersion.V5);
        assertThat(names(audit(tar, v5, Lie.NONE))).hasSize(8);
    }

    /** Chunks smaller than half a batch share one; larger ones stand alone among them. */
    @ParameterizedTest
    @ValueSource(ints = {0x1000, 0x10000})
    void aBuildInBatchesPasses(int batchSize) {
        var tar = sample();
        for (int i = 0; i < 60; i++) {
            tar.file("small" + i, "content " + i);
            tar.file("middle" + i, (i + " ").repeat(1500));
        }
        var options = options().withBatchSize(batchSize);

        assertThat(names(audit(tar.bytes(), options, Lie.NONE))).hasSize(128);
    }

    /** Each follows the one before twice: counted one way after the other, that is 2^40 steps. */
    @Test
    void symlinksThroughSymlinksCostNoMoreThanForty() {
        var tar = new SmallTar().directory("d").symlink("d/0", "/d");
        for (int i = 1; i <= 40; i++) {
            tar.symlink("d/" + i, "/d/" + (i - 1) + "/" + (i - 1));
        }
        byte[] bytes = tar.file("d/40/file", "found").bytes();
        assertTimeoutPreemptively(
                Duration.ofMinutes(2), () -> audit(bytes, options(), Lie.NONE).tree());
    }

    private record Case(String says, SmallTar instead) {}

    /** What a builder may get wrong, kind by kind. */
    private static List<Case> lies() {
        byte[] other = LARGE.clone();
        other[200_000] ^= 1;
        byte[] capability = {1, 0, 0, 2, (byte) 0xff, '\n'};
        return List.of(
                new Case("/more is in the image", sample().file("more", "x")),
                new Case("/etc/more is in the image", sample().file("etc/more", "x")),
                new Case(
                        "/etc has the mode 40700, in the source it is 40755",
                        sample().as(0700, 0, 0, 1000).directory("etc")),
                new Case(
                        "/etc/motd has the mode 100600, in the source it is 100640",
                        sample().as(0600, 1000, 1001, 1_700_000_000).file("etc/motd", "hello\n")),
                new Case(
                        "/large has the mode 104640, in the source it is 100640",
                        sample().as(04640, 1000, 1001, 1_700_000_000).file("large", LARGE)),
                new Case("/empty has the mode 40640", sample().directory("empty")),
                new Case(
                        "/large has the uid 7, in the source it is 1000",
                        sample().as(0640, 7, 1001, 1_700_000_000).file("large", LARGE)),
                new Case(
                        "/large has the gid 7, in the source it is 1001",
                        sample().as(0640, 1000, 7, 1_700_000_000).file("large", LARGE)),
                new Case(
                        "/large has the time 5.0, in the source it is 1700000000.0",
                        sample().as(0640, 1000, 1001, 5).file("large", LARGE)),
                new Case(
                        "/large has the time 1700000000.500000000",
                        sample().pax("mtime", "1700000000.5".getBytes(StandardCharsets.UTF_8))
                                .file("large", LARGE)),
                new Case(
                        "/etc/link has the target gone, in the source it is motd",
                        sample().symlink("etc/link", "gone")),
                new Case("/etc/link has the mode", sample().file("etc/link", "motd")),
                new Case("/null has the device", sample().device("null", '3', 1, 5)),
                new Case("/null has the mode", sample().device("null", '4', 1, 3)),
                new Case(
                        "has other content in chunk 0",
                        sample().file("etc/motd", "hellO\n").hardLink("etc/again", "etc/motd")),
                new Case("/large has other content in chunk 3", sample().file("large", other)),
                new Case("has the size 7", sample().file("etc/motd", "hello!\n")),
                new Case("a file of its own", sample().file("etc/again", "hello\n")),
                new Case(
                        "is a hard link, in the source it is a file of its own",
                        sample().hardLink("twin", "large")),
                new Case("/capable has the attributes []", sample().file("capable", LARGE)),
                new Case(
                        "/capable has the attributes [security.capability=01]",
                        sample().pax("SCHILY.xattr.security.capability", new byte[] {1})
                                .file("capable", LARGE)),
                new Case(
                        "/twin has the attributes [security.capability=01000002ff0a]",
                        sample().pax("SCHILY.xattr.security.capability", capability)
                                .file("twin", LARGE)));
    }

    @Test
    void everyLieOfTheBuilderIsFound() {
        byte[] tar = sample().bytes();
        for (var each : lies()) {
            assertThatThrownBy(() -> audit(tar, options(), Lie.tar(t -> each.instead.bytes())))
                    .as(each.says)
                    .isInstanceOf(NaiadException.class)
                    .hasMessageContaining("verify layer x")
                    .hasMessageContaining(each.says);
        }
    }

    @Test
    void everyLieOfTheMergedImageIsFound() {
        byte[] under = new SmallTar().directory("etc").file("etc/host", "h").bytes();
        var below = build(under, options(), Lie.NONE);
        var honest = build(sample().bytes(), options(), Lie.NONE);
        var evidence = List.of(below.evidence, honest.evidence);
        var right = merged(below.layer, honest.layer);
        assertThat(ImageAudit.check("image", evidence, right)).isPositive();
        for (var each : lies()) {
            var wrong = build(each.instead.bytes(), options(), Lie.NONE).layer;
            assertThatThrownBy(
                            () -> ImageAudit.check("image", evidence, merged(below.layer, wrong)))
                    .as(each.says)
                    .isInstanceOf(NaiadException.class)
                    .hasMessageContaining("verify image: ")
                    .hasMessageContaining(each.says);
        }
        assertThatThrownBy(() -> ImageAudit.check("image", evidence, merged(honest.layer)))
                .hasMessageContaining("/etc/host is not in the image");
    }

    private static byte[] merged(BuiltLayer... layers) {
        var bootstraps =
                Stream.of(layers)
                        .map(
                                layer ->
                                        LayerBootstrap.of(
                                                layer.digest().hex(),
                                                MemorySegment.ofArray(layer.bootstrap()),
                                                layer.size()))
                        .toList();
        return ImageMerger.merge(bootstraps, MergeOptions.forConversion()).bootstrap();
    }

    @ParameterizedTest
    @ValueSource(strings = {"last", "etc/last", "etc/deep/last"})
    void whatIsMissingIsFound(String name) {
        byte[] tar = sample().directory("etc/deep").bytes();
        byte[] more = sample().directory("etc/deep").file(name, "x").bytes();
        assertThatThrownBy(() -> audit(more, options(), Lie.tar(t -> tar)))
                .hasMessageContaining("/" + name + " is not in the image");
    }

    /** As if the bootstrap had gone wrong in memory or on a disk. */
    @Test
    void otherDigestIsFound() {
        byte[] digest = options().digester().hasher().hash(MemorySegment.ofArray(motd()));
        var lie =
                new Lie(
                        t -> t,
                        b -> b,
                        r -> {
                            byte[] bootstrap = r.bootstrap().clone();
                            bootstrap[indexOf(bootstrap, digest) + 5] ^= 1;
                            return new BuiltLayer(
                                    r.digest(),
                                    r.size(),
                                    bootstrap,
                                    r.blobMeta(),
                                    r.blobs(),
                                    r.statistics());
                        });
        assertThatThrownBy(() -> audit(sample().bytes(), options(), lie))
                .hasMessageContaining("chunk 0")
                .hasMessageContaining("has the digest");
    }

    private static byte[] motd() {
        return "hello\n".getBytes(StandardCharsets.UTF_8);
    }

    private static int indexOf(byte[] bytes, byte[] wanted) {
        for (int i = 0; i + wanted.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        throw new AssertionError("not there");
    }

    /** The sent bytes are those that it made, but they are no longer what it was given. */
    @ParameterizedTest
    @ValueSource(ints = {0, 4, 8})
    void compressorThatMakesOtherBytesIsFound(int wrong) throws IOException {
        var sent = Channels.newChannel(OutputStream.nullOutputStream());
        var codec = Compressor.LZ4_BLOCK.codec();
        try (var audit =
                new BlobAudit(sent, "layer x", Compressor.LZ4_BLOCK, options().digester(), 4096)) {
            long offset = 0;
            for (int i = 0; i < 10; i++) {
                byte[] plain = new byte[4096];
                Arrays.fill(plain, (byte) i);
                int crc = crc(plain, plain.length);
                plain[7] += (byte) (i == wrong ? 1 : 0);
                byte[] stored = new byte[8192];
                int size =
                        codec.compress(MemorySegment.ofArray(plain), MemorySegment.ofArray(stored));
                audit.stored(offset, size, plain.length, true, crc, crc(stored, size));
                offset += size;
                var bytes = ByteBuffer.wrap(stored, 0, size);
                if (i == wrong) {
                    assertThatThrownBy(() -> audit.write(bytes))
                            .hasMessageContaining("chunk " + wrong)
                            .hasMessageContaining("holds other bytes than were to be stored");
                    return;
                }
                var _ = audit.write(bytes);
            }
        }
    }

    private static int crc(byte[] bytes, int length) {
        var crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    /** Changes one byte of the blob between the builder and the audit. */
    private static final class Flipping implements BlobWitness {
        private final BlobWitness next;
        private long left;

        Flipping(WritableByteChannel next, long at) {
            this.next = (BlobWitness) next;
            this.left = at;
        }

        @Override
        public void stored(
                long offset, int stored, int plain, boolean compressed, int crc32c, int sum) {
            next.stored(offset, stored, plain, compressed, crc32c, sum);
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int count = bytes.remaining();
            if (left >= 0 && left < count) {
                byte[] copy = new byte[count];
                bytes.get(copy);
                copy[(int) left] ^= 0x10;
                next.write(ByteBuffer.wrap(copy));
            } else {
                next.write(bytes);
            }
            left -= count;
            return count;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {}
    }

    @Test
    void flippedBytesOfTheBlobAreFound() {
        byte[] tar = sample().bytes();
        for (long at = 1; at < 200_000; at += 9001) {
            long flipped = at;
            for (var compressor : List.of(Compressor.ZSTD, Compressor.LZ4_BLOCK, Compressor.NONE)) {
                var lie = new Lie(t -> t, blob -> new Flipping(blob, flipped), r -> r);
                assertThatThrownBy(() -> audit(tar, options().withCompressor(compressor), lie))
                        .hasMessageContaining("of the blob");
            }
        }
    }

    @Test
    void bootstrapOfAnotherBuildIsFound() {
        byte[] tar = sample().file("text", "again and ".repeat(1000)).bytes();
        // The same tree, stored otherwise.
        var other = build(tar, options().withCompressor(Compressor.NONE), Lie.NONE).layer;
        var lie =
                new Lie(
                        t -> t,
                        b -> b,
                        r ->
                                new BuiltLayer(
                                        r.digest(),
                                        r.size(),
                                        other.bootstrap(),
                                        other.blobMeta(),
                                        r.blobs(),
                                        r.statistics()));
        assertThatThrownBy(() -> audit(tar, options(), lie))
                .hasMessageContaining("is recorded otherwise than it was stored");
    }

    @Test
    void mergedImageIsComparedWithTheOverlay() {
        var layers =
                List.of(
                        new SmallTar()
                                .file("low/.wh.never", "")
                                .file("kept/a", "a")
                                .file("gone/b", "b")
                                .file("opaque/c", "c")
                                .file("file", "f")
                                .hardLink("link", "file")
                                .bytes(),
                        new SmallTar()
                                .file(".wh.gone", "")
                                .file("opaque/.wh..wh..opq", "")
                                .file("opaque/d", "d")
                                .file("file/now", "a directory")
                                .bytes(),
                        new SmallTar().symlink("kept", "opaque").file("gone/again", "x").bytes());
        var bootstraps = new ArrayList<LayerBootstrap>();
        var evidence = new ArrayList<Evidence>();
        for (byte[] tar : layers) {
            var built = build(tar, options(), Lie.NONE);
            evidence.add(built.evidence);
            bootstraps.add(
                    LayerBootstrap.of(
                            built.layer.digest().hex(),
                            MemorySegment.ofArray(built.layer.bootstrap()),
                            built.layer.size()));
        }
        byte[] merged = ImageMerger.merge(bootstraps, MergeOptions.forConversion()).bootstrap();
        // Root, low, gone, gone/again, opaque, opaque/d, file, file/now, link, kept.
        assertThat(ImageAudit.check("image", evidence, merged)).isEqualTo(10);
        byte[] less =
                ImageMerger.merge(bootstraps.subList(0, 2), MergeOptions.forConversion())
                        .bootstrap();
        assertThatThrownBy(() -> ImageAudit.check("image", evidence, less))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("verify image");
        assertThatThrownBy(() -> ImageAudit.check("image", evidence.subList(0, 2), merged))
                .isInstanceOf(NaiadException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--format=gnu",
                "--format=oldgnu",
                "--format=posix",
                "--format=ustar",
                "--format=v7",
                "--format=gnu --sparse",
                "--format=posix --sparse --sparse-version=0.0",
                "--format=posix --sparse --sparse-version=0.1",
                "--format=posix --sparse --sparse-version=1.0"
            })
    void archivesOfGnuTarAreReadAlike(String flags) throws Exception {
        Path tree = Files.createDirectories(dir.resolve("tree/some/dir"));
        boolean shortNames = flags.contains("v7") || flags.contains("ustar");
        Files.writeString(tree.resolve("file"), "content");
        Files.write(tree.resolve("large"), LARGE);
        Files.createLink(tree.resolve("hard"), tree.resolve("large"));
        Files.createSymbolicLink(
                tree.resolve("soft"), Path.of(shortNames ? "file" : "t".repeat(200)));
        if (!shortNames) {
            Files.writeString(tree.resolve("n".repeat(180)), "long name");
        }
        try (var channel =
                java.nio.channels.FileChannel.open(
                        tree.resolve("sparse"),
                        java.nio.file.StandardOpenOption.CREATE_NEW,
                        java.nio.file.StandardOpenOption.SPARSE,
                        java.nio.file.StandardOpenOption.WRITE)) {
            for (int i = 1; i <= 30; i++) {
                channel.write(ByteBuffer.wrap(LARGE, 0, 5000), i * 200_000L);
            }
            channel.write(ByteBuffer.wrap(new byte[] {1}), 8_000_000);
        }
        var command = new ArrayList<>(List.of("tar", "-c", "-C", dir.resolve("tree").toString()));
        command.addAll(List.of(flags.split(" ", -1)));
        command.addAll(List.of("-f", dir.resolve("a.tar").toString(), "."));
        var _ = Commands.run(command).orFail();
        byte[] tar = Files.readAllBytes(dir.resolve("a.tar"));
        var evidence = audit(tar, options(), Lie.NONE);
        assertThat(names(evidence)).containsExactly("some");
    }
}
