package dev.naiad.builder.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoadedBlobsTest {
    private final LoadedBlobs blobs = new LoadedBlobs();

    private static BlobInfo blob(String id, int chunks) {
        return new BlobInfo(
                0,
                id,
                0x100000,
                chunks,
                Compressor.ZSTD,
                Digester.BLAKE3,
                new BlobFeatures(BlobFeatures.CAP_TAR_TOC),
                4096,
                4096,
                BlobInfo.MetaLocation.ABSENT,
                BlobInfo.TocLocation.ABSENT,
                new byte[32],
                0,
                Cipher.NONE,
                new byte[0],
                new byte[0],
                0,
                0,
                0);
    }

    @Test
    void theSameIdHasTheSamePlaceInAllImages() {
        assertThat(blobs.positions(List.of(blob("a", 1), blob("b", 2)))).containsExactly(0, 1);
        assertThat(blobs.positions(List.of(blob("c", 3), blob("b", 2)))).containsExactly(2, 1);
        assertThat(blobs.count()).isEqualTo(3);
        assertThat(blobs.get(2).id()).isEqualTo("c");
    }

    @Test
    void imagesThatContradictEachOtherAboutABlobAreRefused() {
        var _ = blobs.position(blob("a", 1));
        assertThatThrownBy(() -> blobs.position(blob("a", 2)))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("the same blob in all images");
    }
}
