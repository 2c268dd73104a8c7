package dev.naiad.convert.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Whether an image of references is what its layer holds. */
class ReferenceAuditTest {
    private static final int CHUNK = 0x10000;

    private static byte[] tar(String text, int mode, String link) {
        return new TestTar()
                .dir("d/", mode)
                .file("d/text", text.repeat(30_000))
                .file("d/empty", "")
                .symlink("link", link)
                .end();
    }

    private static byte[] gzip(byte[] tar) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(tar);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }

    private static Evidence audit(byte[] built, byte[] seen) {
        var audit = new ReferenceAudit("layer", CHUNK);
        byte[] layer = gzip(built);
        BuiltLayer result =
                LayerBuilder.fromReference(
                        "layer",
                        Channels.newChannel(new ByteArrayInputStream(layer)),
                        BuildOptions.forConversion().withChunkSize(CHUNK).forReference(),
                        KnownImages.NONE,
                        Channels.newChannel(OutputStream.nullOutputStream()),
                        (bytes, from, count) -> {
                            if (seen.length == 0) {
                                audit.accept(bytes, from, count);
                            }
                        });
        if (seen.length > 0) {
            audit.accept(seen, 0, seen.length);
        }
        return audit.check(result, Digest.sha256Of(layer));
    }

    @Test
    void theSameArchiveIsFoundEqual() {
        var evidence = audit(tar("some words ", 0755, "there"), new byte[0]);
        assertThat(evidence.blobId()).hasSize(64);
        assertThat(evidence.ledger()).isEmpty();
    }

    @Test
    void everyKindOfDifferenceIsFound() {
        byte[] built = tar("some words ", 0755, "there");
        for (byte[] other :
                List.of(
                        tar("some Words ", 0755, "there"),
                        tar("some words ", 0750, "there"),
                        tar("some words ", 0755, "elsewhere"),
                        new TestTar().dir("d/", 0755).end())) {
            assertThatThrownBy(() -> audit(built, other))
                    .isInstanceOfSatisfying(
                            NaiadException.class,
                            e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA_LOSS))
                    .hasMessageContaining("layer");
        }
    }
}
