package dev.naiad.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.naiad.builder.BuildOptions;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.BlobMetaHeader;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Chunk information in its local form, of every kind: v1 and v2 records, batch and ZRAN contexts.
 * The first byte says which features the bootstrap gives the blob; what the header says of place
 * and count is believed, so that records are reached.
 */
class BlobMetaFuzzTest {
    private static final SeedCorpus.Layer GOOD =
            SeedCorpus.layer(BuildOptions.defaults().withToc(true));
    private static final BlobInfo INFO = GOOD.built().blobs().getFirst();

    static Stream<byte[]> seeds() {
        byte[] file = GOOD.built().blobMeta();
        byte[] seed = new byte[file.length + 1];
        System.arraycopy(file, 0, seed, 1, file.length);
        byte[] v2 = seed.clone();
        v2[0] = 1;
        return Stream.of(seed, v2);
    }

    @MethodSource("seeds")
    @FuzzTest
    void read(byte[] bytes) {
        if (bytes.length == 0) {
            return;
        }
        var file = MemorySegment.ofArray(Arrays.copyOfRange(bytes, 1, bytes.length));
        Named.errorsOnly(() -> use(BlobMeta.openCacheFile(INFO, file, "blob.meta"), "blob.meta"));
        int features = BlobFeatures.ALIGNED | BlobFeatures.CAP_TAR_TOC;
        features |= (bytes[0] & 1) != 0 ? BlobFeatures.CHUNK_INFO_V2 : 0;
        features |= (bytes[0] & 2) != 0 ? BlobFeatures.BATCH : 0;
        features |= (bytes[0] & 4) != 0 ? BlobFeatures.ZRAN | BlobFeatures.SEPARATE : 0;
        features |= (bytes[0] & 8) != 0 ? BlobFeatures.ENCRYPTED : 0;
        var has = new BlobFeatures(features);
        Named.errorsOnly(
                () -> {
                    if (file.byteSize() < BlobMetaHeader.SIZE) {
                        return;
                    }
                    long headerAt = file.byteSize() - BlobMetaHeader.SIZE;
                    var header = BlobMetaHeader.read(file, headerAt, "blob.meta");
                    var blob = believing(header, has);
                    use(BlobMeta.openCacheFile(blob, file, "blob.meta"), "blob.meta");
                });
    }

    private static BlobInfo believing(BlobMetaHeader header, BlobFeatures features) {
        return new BlobInfo(
                0,
                INFO.id(),
                INFO.chunkSize(),
                header.entries(),
                INFO.compressor(),
                INFO.digester(),
                features,
                1 << 20,
                1 << 24,
                header.location(),
                INFO.toc(),
                INFO.metaDigest(),
                INFO.metaSize(),
                INFO.cipher(),
                INFO.cipherKey(),
                INFO.cipherIv(),
                INFO.blocks(),
                INFO.mappedBlock(),
                INFO.readaheadSize());
    }

    private static void use(BlobMeta meta, String name) {
        for (int i = 0; i < Math.min(meta.count(), 1000); i++) {
            var unit = meta.unit(i);
            long end = meta.unitOffset(i) + meta.uncompressedSize(i);
            if (unit.plainSize() < end || end < 0) {
                throw new AssertionError(name + ": chunk " + i + " leaves its unit " + unit);
            }
            meta.isCompressed(i);
            meta.crc32c(i);
            meta.indexAt(meta.uncompressedOffset(i));
        }
    }
}
