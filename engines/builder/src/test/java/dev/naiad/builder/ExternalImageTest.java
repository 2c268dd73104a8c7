package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.external.Attributes;
import dev.naiad.builder.external.ExternalImage;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Directories some of whose files are in existing blobs. */
class ExternalImageTest {
    private static final int CHUNK = 0x10000;
    private static final String ONE = "1".repeat(64);
    private static final String TWO = "2".repeat(64);

    @TempDir Path source = Path.of("");
    private final byte[] one = new byte[400_000];
    private final byte[] two = new byte[100_000];

    @BeforeEach
    void sources() throws IOException {
        new Random(1).nextBytes(one);
        new Random(2).nextBytes(two);
        Files.createDirectories(source.resolve("models/deep"));
        Files.createDirectories(source.resolve("mixed"));
        Files.write(source.resolve("models/deep/a.bin"), Arrays.copyOfRange(one, 1536, 301_536));
        Files.writeString(source.resolve("mixed/placeholder b"), "");
        Files.write(source.resolve("mixed/two"), Arrays.copyOfRange(two, 7, 70_007));
        Files.writeString(source.resolve("mixed/inside"), "stays");
        Files.writeString(source.resolve("left-out"), "not wanted");
        Files.createDirectories(source.resolve("cache/sub"));
        Files.writeString(source.resolve("cache/sub/file"), "nor this");
        Files.writeString(source.resolve("plain"), "plain");
    }

    private static String crcs(byte[] blob, int from, int size) {
        var result = new StringBuilder();
        for (int at = from; at < from + size; at += CHUNK) {
            var crc = new CRC32C();
            crc.update(blob, at, Math.min(CHUNK, from + size - at));
            result.append(result.isEmpty() ? "" : ",")
                    .append("0x")
                    .append(Long.toHexString(crc.getValue()));
        }
        return result.toString();
    }

    private Attributes attributes() {
        return Attributes.parse(
                "attributes",
                """
                # a comment

                /models/deep/a.bin type=external blob_index=0 blob_id=%s chunk_size=64KiB \
                chunk_0_compressed_offset=1536 compressed_size=400000 crcs=%s
                "mixed/placeholder b" type=external blob_index=0 blob_id=%s chunk_size=65536 \
                chunk_0_compressed_offset=310000 compressed_size=400000 file_size=90000 crcs=
                mixed/two type=external blob_index=1 blob_id=%s chunk_size=0x10000 \
                chunk_0_compressed_offset=7 compressed_size=100000
                left-out type=ignore
                /cache/ type=ignore
                plain -text
                """
                        .formatted(ONE, crcs(one, 1536, 300_000), ONE, TWO));
    }

    private static Bootstrap open(byte[] bootstrap) {
        return BootstrapReader.open(MemorySegment.ofArray(bootstrap), "boot");
    }

    private BuiltImage unpacked(Bootstrap image, byte[] blobOne) {
        var out = new ByteArrayOutputStream();
        var blobs = Map.of(ONE, blobOne, TWO, two);
        ImageUnpacker.unpack(
                image,
                blob ->
                        ByteSource.of(
                                blob.id(),
                                MemorySegment.ofArray(
                                        Objects.requireNonNull(blobs.get(blob.id())))),
                out,
                "out");
        return BuiltImage.ofTar(out.toByteArray(), BuildOptions.defaults());
    }

    @ParameterizedTest
    @EnumSource(RafsVersion.class)
    void filesAreReadFromTheBlobsThatTheAttributesName(RafsVersion version) {
        var options = BuildOptions.defaults().withVersion(version);
        var built = ExternalImage.build(source, options, attributes(), false);
        var image = open(built.bootstrap());
        ImageCheck.check(image);
        assertThat(image.chunkSize()).isEqualTo(CHUNK);
        assertThat(image.blobs()).hasSize(2);
        var blob = image.blobs().getFirst();
        assertThat(blob.id()).isEqualTo(ONE);
        assertThat(blob.compressedSize()).isEqualTo(400_000);
        assertThat(blob.has(BlobFeatures.EXTERNAL)).isTrue();
        assertThat(blob.chunkCount()).isEqualTo(5 + 2);
        var read = unpacked(image, one);
        assertThat(read.paths())
                .containsExactly(
                        "/mixed/",
                        "/mixed/placeholder b",
                        "/mixed/two",
                        "/models/",
                        "/models/deep/",
                        "/models/deep/a.bin");
        assertThat(read.content("/models/deep/a.bin"))
                .isEqualTo(Arrays.copyOfRange(one, 1536, 301_536));
        assertThat(read.content("/mixed/placeholder b"))
                .isEqualTo(Arrays.copyOfRange(one, 310_000, 400_000));
        assertThat(read.content("/mixed/two")).isEqualTo(Arrays.copyOfRange(two, 7, 70_007));
        byte[] bad = one.clone();
        bad[150_000] ^= 1;
        assertThatThrownBy(() -> unpacked(image, bad))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("checksum");
    }

    @Test
    void theMainImageHasTheRest() {
        var blob = new ByteArrayOutputStream();
        var layer =
                LayerBuilder.fromDirectory(
                        source,
                        BuildOptions.defaults(),
                        KnownImages.NONE,
                        attributes()::removeFrom,
                        Channels.newChannel(blob));
        var image = BuiltImage.of(layer, blob.toByteArray());
        assertThat(image.paths()).containsExactly("/mixed/", "/mixed/inside", "/plain");
        assertThat(image.text("/mixed/inside")).isEqualTo("stays");
    }

    @Test
    void hardLinksShareTheirChunks() throws IOException {
        Files.createLink(source.resolve("again"), source.resolve("mixed/two"));
        String line =
                " type=external blob_index=0 blob_id="
                        + TWO
                        + " chunk_size=64KiB chunk_0_compressed_offset=7 compressed_size=100000\n";
        var attributes = Attributes.parse("attributes", "again" + line + "mixed/two" + line);
        var built = ExternalImage.build(source, BuildOptions.defaults(), attributes, true);
        var image = open(built.bootstrap());
        assertThat(image.blobs().getFirst().chunkCount()).isEqualTo(2);
        assertThat(image.blobs().getFirst().has(BlobFeatures.INLINED_FS_META)).isTrue();
        assertThat(image.blobs().getFirst().hasPlaceholderId()).isFalse();
        assertThat(unpacked(image, one).content("/again"))
                .isEqualTo(Arrays.copyOfRange(two, 7, 70_007));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a type=nonsense | nonsense",
                "a type=external blob_id=short | blob_id=short",
                "a type=external | blob_id",
                "a type=external blob_id=ID blob_index=0 chunk_size=64MiB | 16MiB",
                "a type=external blob_id=ID blob_index=0 chunk_size=3KiB | power of two",
                "a type=external blob_id=ID blob_index=0 chunk_size=x | chunk_size",
                "a type=external blob_id=ID blob_index=-1 chunk_size=4KiB | blob_index",
                "a type=external blob_id=ID blob_index=300 chunk_size=4KiB | blob_index=300",
                "a type=external blob_id=ID blob_index=0 chunk_size=4KiB chunk_0_compressed_offset=9 compressed_size=8 | inside",
                "a type=external blob_id=ID blob_index=0 chunk_size=4KiB chunk_0_compressed_offset=0 compressed_size=8 crcs=1;2 | crcs",
                "\"a type=ignore | quotes",
                "\"a\\q\" type=ignore | \\q",
                "*.bin type=ignore | wildcard"
            })
    void linesThatAreWrongAreNamed(String line, String why) {
        assertThatThrownBy(
                        () -> Attributes.parse("attributes", "\n" + line.replace("ID", ONE) + "\n"))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("attributes:2")
                .hasMessageContaining(why);
    }

    @Test
    void whatDoesNotFitTheSourceIsNamed() {
        String start = " type=external blob_id=" + ONE + " compressed_size=400000 ";
        String rest = "chunk_size=64KiB chunk_0_compressed_offset=0 ";
        refused("nothing" + start + "blob_index=0 " + rest, "no such file");
        refused("models" + start + "blob_index=0 " + rest, "no such file");
        refused("mixed/two" + start + "blob_index=1 " + rest, "without gaps");
        refused("mixed/two" + start + "blob_index=0 crcs=1 " + rest, "1 crcs for 2 chunks");
        refused(
                "models/deep/a.bin"
                        + start
                        + "blob_index=0 chunk_size=64KiB chunk_0_compressed_offset=200000",
                "do not lie inside");
        refused(
                "mixed/two"
                        + start
                        + "blob_index=0 "
                        + rest
                        + "\nmodels/deep/a.bin"
                        + start.replace(ONE, TWO)
                        + "blob_index=0 "
                        + rest,
                "another blob");
        refused(
                "mixed/two"
                        + start
                        + "blob_index=0 "
                        + rest
                        + "\nmodels/deep/a.bin"
                        + start
                        + "blob_index=0 chunk_size=4KiB chunk_0_compressed_offset=0",
                "one chunk size");
    }

    private void refused(String text, String why) {
        assertThatThrownBy(
                        () ->
                                ExternalImage.build(
                                        source,
                                        BuildOptions.defaults(),
                                        Attributes.parse("attributes", text),
                                        false))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("attributes")
                .hasMessageContaining(why);
    }
}
