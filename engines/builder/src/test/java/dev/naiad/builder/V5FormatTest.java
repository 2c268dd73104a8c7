package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.Hex;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.rafs.v5.V5Bootstrap;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The rules of RAFS v5, one by one: what is written follows them, what breaks them is refused. */
class V5FormatTest {
    private static final BuildOptions OPTIONS =
            BuildOptions.defaults()
                    .withVersion(RafsVersion.V5)
                    .withChunkSize(4096)
                    .withThreads(1)
                    .withPrefetch(PrefetchPolicy.FS, List.of("/b", "/a/x"));

    private static byte[] image() {
        var tar = new TestTar().dir("a", 0755).file("a/x", "x".repeat(9000)).dir("a/empty", 0700);
        tar.pax('x', "SCHILY.xattr.user.one=1", "SCHILY.xattr.trusted.two=22");
        return BuiltImage.ofTar(
                        tar.file("b", "b")
                                .hardlink("c", "b")
                                .symlink("link", "a/x")
                                .device('6', "pipe", 0, 0)
                                .end(),
                        OPTIONS)
                .bootstrap();
    }

    private static LittleEndian view(byte[] bytes) {
        return LittleEndian.of(MemorySegment.ofArray(bytes), "v5.boot");
    }

    private static V5Bootstrap open(byte[] bytes) {
        return (V5Bootstrap) BootstrapReader.open(MemorySegment.ofArray(bytes), "v5.boot");
    }

    private static Inode at(Bootstrap image, String... path) {
        Inode inode = image.root();
        for (String name : path) {
            var child = inode.child(name.getBytes(StandardCharsets.UTF_8));
            if (child == null) {
                throw new AssertionError("no " + name);
            }
            inode = child;
        }
        return inode;
    }

    /** Where the inode with that index lies. */
    private static long position(byte[] bytes, int index) {
        return 8 * view(bytes).u32(8192 + 4L * (index - 1));
    }

    @Test
    void theSuperblockAndItsTablesAreAsTheFormatSays() {
        byte[] bytes = image();
        var file = view(bytes);
        assertThat(bytes.length % 8).isZero();
        assertThat(file.u32(0)).isEqualTo(0x52414653);
        assertThat(file.u32(4)).isEqualTo(0x500);
        assertThat(file.u32(8)).isEqualTo(8192);
        assertThat(file.u32(12)).isEqualTo(4096);
        // root, a, b, c, link, pipe, a/empty, a/x: eight names, seven inodes
        assertThat(file.u64(24)).isEqualTo(7);
        assertThat(file.u64(32)).isEqualTo(8192);
        assertThat(file.u32(56)).isEqualTo(8);
        assertThat(file.u64(40)).isEqualTo(8192 + 32);
        assertThat(file.u32(60)).isEqualTo(2);
        assertThat(file.u64(48)).isEqualTo(8192 + 32 + 8);
        assertThat(file.u32(64)).isEqualTo(72); // readahead 8 + id 64
        assertThat(file.u32(68)).isEqualTo(1);
        var image = open(bytes);
        assertThat(image.prefetch())
                .containsExactly(at(image, "b").number(), at(image, "a", "x").number());
        var blob = image.blobs().getFirst();
        assertThat(blob.chunkCount()).isEqualTo(3); // two chunks of x are one
        assertThat(blob.uncompressedSize()).isEqualTo(4096 + 808 + 1);
    }

    @Test
    void inodesAreNumberedAndSizedAsTheFormatSays() {
        byte[] bytes = image();
        var file = view(bytes);
        var image = open(bytes);
        assertThat(at(image, "c").number()).isEqualTo(at(image, "b").number());
        assertThat(at(image, "b").linkCount()).isEqualTo(2);
        assertThat(image.root().linkCount()).isEqualTo(3);
        // Names and 8 bytes each, rounded up to 4096.
        assertThat(image.root().size()).isEqualTo(4096);
        assertThat(at(image, "a", "empty").size()).isEqualTo(4096);
        assertThat(at(image, "link").size()).isEqualTo(3);
        assertThat(at(image, "b").xattrs()).hasSize(2);
        // u32 length and NUL for each: 4+8+1+1 + 4+11+1+2, rounded up.
        assertThat(at(image, "b").blocks()).isEqualTo((1 + 32 + 511) / 512);
        assertThat(file.u32(position(bytes, 6) + 104)).isZero(); // a fifo's device
        assertThat(file.u32(position(bytes, 5) + 104)).isEqualTo(0xffff_ffffL);
        assertThat(file.u64(position(bytes, 1) + 32)).isZero(); // the root's parent
    }

    @Test
    void digestsCoverContentAndTargetsFromTheLeavesToTheRoot() {
        var image = open(image());
        image.verifyDigests();
        var chunks = new ByteArrayOutputStream();
        for (int k = 0; k < 3; k++) {
            chunks.writeBytes(at(image, "a", "x").chunk(k).digest());
        }
        var directory = new ByteArrayOutputStream();
        directory.writeBytes(digest(new byte[0])); // a/empty has no children
        directory.writeBytes(digest(chunks.toByteArray()));
        byte[] file = digest(at(image, "b").chunk(0).digest());
        var root = new ByteArrayOutputStream();
        root.writeBytes(digest(directory.toByteArray()));
        root.writeBytes(file);
        root.writeBytes(file);
        root.writeBytes(digest("a/x".getBytes(StandardCharsets.UTF_8)));
        root.writeBytes(digest(new byte[0])); // the fifo
        assertThat(Hex.encode(image.rootDigest()))
                .isEqualTo(Hex.encode(digest(root.toByteArray())));
    }

    private static byte[] digest(byte[] bytes) {
        var hasher = Digester.BLAKE3.hasher();
        hasher.reset();
        hasher.update(bytes);
        return hasher.finish();
    }

    @Test
    void whatBreaksARuleIsRefusedByName() {
        long link = position(image(), 5);
        long directory = position(image(), 2);
        long file = position(image(), 8);
        refused(f -> f.putU32(4, 0x501));
        refused(f -> f.putU32(12, 4097)); // chunk size
        refused(f -> f.putU64(16, 1L << 40)); // unknown flag
        refused(f -> f.putU64(24, 9)); // more inodes than names
        refused(f -> f.putU64(32, 8190)); // table inside the superblock
        refused(f -> f.putU64(48, 8192)); // tables over each other
        refused(f -> f.putU32(56, 1 << 30));
        refused(f -> f.putU32(8192 + 4, 1024)); // an inode inside the superblock
        refused(f -> f.putU32(8192 + 4, (1 << 29) - 1));
        refused(f -> f.putU64(directory + 32, 0)); // no parent
        refused(f -> f.putU64(directory + 32, 2)); // its own parent
        refused(f -> f.putU64(directory + 40, 0));
        refused(f -> f.putU32(directory + 88, 0)); // no links
        refused(f -> f.putU16(directory + 100, 0)); // no name
        refused(f -> f.putU16(directory + 100, 300));
        refused(f -> f.putU32(directory + 92, 1)); // a child before its directory
        refused(f -> f.putU32(directory + 96, 100)); // more children than there are
        refused(f -> f.putU16(link + 102, 0)); // no target
        refused(f -> f.putU32(file + 96, 2)); // too few chunks, with and without the flag of holes
        refused(f -> f.putU32(file + 96, 2).putU64(file + 80, 8));
        refused(f -> f.putU32(file + 96, 0x7fff_ffff).putU64(file + 64, 1L << 42));
        refused(f -> f.putU32(file + 128 + 8 + 32, 1)); // a blob that is not there
        refused(f -> f.putU64(file + 128 + 8 + 64, 4096)); // a chunk at another place
        refused(f -> f.putU8(file + 128, '/')); // names that lead elsewhere
        refused(f -> f.putU8(file + 128, '.'));
    }

    private static void refused(Consumer<LittleEndian> damage) {
        byte[] bytes = image();
        damage.accept(view(bytes));
        assertThatThrownBy(
                        () -> {
                            var image = open(bytes);
                            ImageCheck.check(image);
                            image.chunks(0);
                            at(image, "a", "x").chunk(2);
                        })
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("v5.boot");
    }
}
