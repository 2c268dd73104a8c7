package dev.naiad.rafs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.bytes.Hex;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.blob.BlobReader;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.rafs.v5.V5Bootstrap;
import dev.naiad.testkit.Golden;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** v5 files of the original builder read as their README says. */
class V5GoldenTest {
    private static final String SHA256 = "sha256-nocompress-repeatable";
    private static final String BLAKE3 = "blake3-lz4_block-non_repeatable";
    private static final String OLD = "blake3-lz4_block-non_repeatable.2020";
    private static final String PLAIN_BLOB =
            "7334a2594e133cf8ae364189c2276b090fc490c627bcc3fb1077f0419a538e00";
    private static final String LZ4_BLOB =
            "d7b86b1e74e316fe945741d1a9fa1b271459fe41481e304977659e0c6ecf56ac";

    private static V5Bootstrap open(byte[] bytes) {
        return (V5Bootstrap) BootstrapReader.open(MemorySegment.ofArray(bytes), "golden.boot");
    }

    @Test
    void theRepeatableImageIsReadCompletely() {
        var image = open(Golden.bytes("nydus", "repeatable", SHA256));
        assertThat(image.flags()).isEqualTo(0x9);
        assertThat(image.compressor()).isEqualTo(Compressor.NONE);
        assertThat(image.digester()).isEqualTo(Digester.SHA256);
        assertThat(image.inodeCount()).isEqualTo(51);
        assertThat(image.superBlock().entries()).isEqualTo(54);
        assertThat(image.superBlock().prefetchTable()).isEqualTo(8408);
        assertThat(image.prefetch()).isEmpty();
        var blob = image.blobs().getFirst();
        assertThat(blob.id()).isEqualTo(PLAIN_BLOB);
        assertThat(blob.chunkCount()).isEqualTo(23);
        assertThat(blob.uncompressedSize()).isEqualTo(3508766);
        assertThat(Hex.encode(image.rootDigest()))
                .isEqualTo("14af3c0fe575eff6d0d8158e0990e41d4c37494e8005aada7885b36b37ad1886");
        assertTree(image, "sha256-nocompress-repeatable.json");
        image.verifyDigests();
        assertChunks(image, PLAIN_BLOB, 0);
    }

    @Test
    void theBlake3ImageIsReadCompletely() {
        var image = open(Golden.bytes("nydus", "repeatable", BLAKE3));
        assertThat(image.flags()).isEqualTo(0x5);
        assertThat(image.hasExplicitOwners()).isFalse();
        assertThat(Hex.encode(image.rootDigest()))
                .isEqualTo("0e83584cbea51800ef8eb88c0ed2d686385caff5581a00fb711ac5400563f60a");
        assertTree(image, "blake3-lz4_block-non_repeatable.json");
        image.verifyDigests();
        assertChunks(image, PLAIN_BLOB, 0);
    }

    @Test
    void anImageOf2020WithoutExtendedBlobTableIsReadCompletely() {
        var image = open(Golden.bytes("nydus", "history", OLD));
        assertThat(image.flags()).isEqualTo(0x16);
        assertThat(image.compressor()).isEqualTo(Compressor.LZ4_BLOCK);
        assertThat(image.blobs().getFirst().has(BlobFeatures.V5_NO_EXTENDED_TABLE)).isTrue();
        assertThat(Hex.encode(image.rootDigest()))
                .isEqualTo("0e83584cbea51800ef8eb88c0ed2d686385caff5581a00fb711ac5400563f60a");
        assertTree(image, "blake3-lz4_block-non_repeatable.2020.json");
        image.verifyDigests();
        assertChunks(image, LZ4_BLOB, 25);
        // Its chunks carry no numbers, so they are numbered by position.
        var chunks = image.chunks(0);
        for (int i = 1; i < chunks.count(); i++) {
            assertThat(chunks.compressedOffset(i)).isGreaterThan(chunks.compressedOffset(i - 1));
        }
    }

    private static void assertTree(V5Bootstrap image, String expected) {
        var inodes =
                JsonReader.parse(expected, Golden.bytes("nydus", "expected", expected))
                        .get("inodes")
                        .items();
        assertThat(inodes).hasSize(54);
        var numbers = new HashSet<Long>();
        for (var node : inodes) {
            String path = node.get("path").text();
            var inode = find(image, path);
            numbers.add(inode.number());
            assertThat(inode.number()).as(path).isEqualTo(number(node, "ino"));
            assertThat(Integer.toOctalString(inode.mode())).isEqualTo(node.get("mode").text());
            assertThat(inode.linkCount()).isEqualTo(number(node, "nlink"));
            assertThat(inode.size()).isEqualTo(number(node, "size"));
            assertThat(inode.blocks()).isEqualTo(number(node, "blocks"));
            assertThat(inode.uid()).isEqualTo(number(node, "uid"));
            assertThat(inode.mtimeSeconds()).isEqualTo(number(node, "mtime"));
            var chunks = node.get("chunks").items();
            assertThat(inode.chunkCount()).isEqualTo(chunks.size());
            for (int k = 0; k < chunks.size(); k++) {
                var chunk = inode.chunk(k);
                assertThat(Hex.encode(chunk.digest()))
                        .isEqualTo(chunks.get(k).get("digest").text());
                assertThat(chunk.compressedOffset())
                        .isEqualTo(number(chunks.get(k), "compressed_offset"));
                assertThat((long) chunk.uncompressedSize())
                        .isEqualTo(number(chunks.get(k), "uncompressed_size"));
            }
            if (inode.type() == FileType.SYMLINK) {
                assertThat(inode.symlinkTarget()).hasSize((int) inode.size());
            }
        }
        assertThat(numbers).hasSize(52);
    }

    private static Inode find(V5Bootstrap image, String path) {
        Inode at = image.root();
        for (String part : path.split("/", -1)) {
            if (!part.isEmpty()) {
                var child = at.child(part.getBytes(StandardCharsets.UTF_8));
                if (child == null) {
                    throw new AssertionError("no " + path);
                }
                at = child;
            }
        }
        return at;
    }

    private static long number(ConfigNode node, String key) {
        return Long.parseLong(node.get(key).text());
    }

    private static void assertChunks(V5Bootstrap image, String blobName, int compressed) {
        byte[] blob = Golden.bytes("nydus", "repeatable", "blobs", blobName);
        assertThat(Digest.sha256Of(blob).hex()).isEqualTo(blobName);
        var reader =
                new BlobReader(
                        ByteSource.of(blobName, MemorySegment.ofArray(blob)),
                        image.blobs().getFirst());
        var chunks = image.chunks(0);
        assertThat(chunks.count()).isEqualTo(23);
        int[] seen = {0, 0};
        visit(
                image,
                image.root(),
                inode -> {
                    for (int k = 0; k < inode.chunkCount(); k++) {
                        var ref = inode.chunkRef(k);
                        byte[] plain = new byte[ref.size()];
                        // Checks the digest.
                        reader.chunk(chunks, ref.chunkIndex(), MemorySegment.ofArray(plain));
                        seen[0]++;
                        seen[1] += inode.chunk(k).isCompressed() ? 1 : 0;
                    }
                });
        assertThat(seen[0]).isEqualTo(29);
        assertThat(seen[1]).isEqualTo(compressed);
    }

    private static void visit(Bootstrap image, Inode inode, Consumer<Inode> visitor) {
        visitor.accept(inode);
        inode.children(
                0,
                (number, type, name, cookie) -> {
                    var child = inode.child(name.toArray(ValueLayout.JAVA_BYTE));
                    if (child == null) {
                        throw new AssertionError("not found again: " + number);
                    }
                    visit(image, child, visitor);
                    return true;
                });
    }

    @Test
    void aPreReleaseFileOpensButItsTreeIsRefused() {
        var image = open(Golden.bytes("nydus", "bootstrap", "nydusd_daemon_test_bootstrap"));
        assertThat(image.inodeCount()).isEqualTo(16816);
        assertThat(image.superBlock().entries()).isEqualTo(16832);
        assertThat(image.blobs().getFirst().id()).startsWith("66b413a7").endsWith("63fe");
        assertThatThrownBy(image::root).isInstanceOf(CorruptFormatException.class);
    }

    @Test
    void mutatedFilesGiveNamedErrorsOnly() {
        var random = new Random(5);
        byte[] good = Golden.bytes("nydus", "history", OLD);
        for (int round = 0; round < 1000; round++) {
            byte[] bad = good.clone();
            for (int i = 0; i <= random.nextInt(3); i++) {
                int at =
                        round % 2 == 0
                                ? 8192 + random.nextInt(bad.length - 8192)
                                : random.nextInt(200);
                bad[at] = (byte) random.nextInt();
            }
            try {
                var image = open(bad);
                image.prefetch();
                for (int i = 0; i < image.blobs().size(); i++) {
                    image.chunks(i);
                }
                int[] budget = {5000};
                visit(
                        image,
                        image.root(),
                        inode -> {
                            if (budget[0]-- > 0) {
                                inode.xattrs();
                                inode.symlinkTarget();
                                for (int k = 0; k < inode.chunkCount(); k++) {
                                    inode.chunk(k);
                                }
                            }
                        });
                image.verifyDigests();
            } catch (CorruptFormatException e) {
                assertThat(e.getMessage()).contains("golden.boot");
            } catch (AssertionError e) {
                assertThat(e.getMessage()).contains("not found again");
            }
        }
    }
}
