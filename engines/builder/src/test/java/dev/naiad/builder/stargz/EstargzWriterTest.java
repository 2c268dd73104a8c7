package dev.naiad.builder.stargz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.builder.stargz.EstargzWriter.Compression;
import dev.naiad.builder.stargz.EstargzWriter.Written;
import dev.naiad.builder.tar.TarReader;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.testkit.SeededRandom;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Seekable layers: the archive in them, the parts of its files, and how both are found. */
class EstargzWriterTest {
    private static final int CHUNK = 4 << 20;
    private static final int LANDMARK = 1024; // header and content
    private static final byte[] NOISE = SeededRandom.bytes(new Random(5), 2 * CHUNK + 1000);

    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Layer(byte[] bytes, Written written) {}

    private static Layer write(byte[] tar, Compression compression) {
        var out = new ByteArrayOutputStream();
        var written =
                EstargzWriter.write("test.tar", new ByteArrayInputStream(tar), out, compression);
        assertThat(written.size()).isEqualTo(out.size());
        assertThat(written.digest()).isEqualTo(Digest.sha256Of(out.toByteArray()));
        return new Layer(out.toByteArray(), written);
    }

    private static byte[] unpacked(byte[] layer, int from) throws IOException {
        var in = new ByteArrayInputStream(layer, from, layer.length - from);
        try (var plain = LayerStreams.open(in, "layer")) {
            return plain.readAllBytes();
        }
    }

    private static TestTar sample() {
        return new TestTar()
                .dir("./", 0755)
                .dir("./usr/", 0755)
                .file("./usr/noise", NOISE)
                .file("usr/empty", "")
                .file("usr/exact", Arrays.copyOf(NOISE, CHUNK))
                .symlink("usr/link", "noise")
                .hardlink("usr/hard", "usr/noise")
                .device('3', "null", 1, 3)
                .pax('x', "path=" + "long/".repeat(40) + "u", "SCHILY.xattr.user.a=b")
                .file("short", "long name\n");
    }

    /** The table as the layer's end leads to it. */
    private static byte[] toc(Layer layer, Compression compression) throws IOException {
        byte[] bytes = layer.bytes;
        if (compression == Compression.GZIP) {
            byte[] footer = Arrays.copyOfRange(bytes, bytes.length - 51, bytes.length);
            assertThat(new String(footer, 12, 2, StandardCharsets.US_ASCII)).isEqualTo("SG");
            String text = new String(footer, 16, 22, StandardCharsets.US_ASCII);
            assertThat(text).endsWith("STARGZ");
            byte[] member = unpacked(bytes, Integer.parseInt(text.substring(0, 16), 16));
            int size = Integer.parseInt(new String(member, 124, 11, StandardCharsets.US_ASCII), 8);
            assertThat(new String(member, 0, 17, StandardCharsets.US_ASCII))
                    .isEqualTo("stargz.index.json");
            return Arrays.copyOfRange(member, 512, 512 + size);
        }
        var footer = ByteBuffer.wrap(bytes, bytes.length - 48, 48).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(footer.getInt()).isEqualTo(0x184d2a50);
        assertThat(footer.getInt()).isEqualTo(40);
        int offset = (int) footer.getLong();
        int packed = (int) footer.getLong();
        int size = (int) footer.getLong();
        assertThat(footer.getLong()).isEqualTo(1);
        byte[] magic = new byte[8];
        footer.get(magic);
        assertThat(magic).asString(StandardCharsets.US_ASCII).isEqualTo("GnUlInUx");
        byte[] table = Arrays.copyOfRange(bytes, offset, offset + packed);
        assertThat(layer.written.annotations())
                .containsEntry(
                        "io.github.containers.zstd-chunked.manifest-checksum",
                        Digest.sha256Of(table).toString())
                .containsEntry(
                        "io.github.containers.zstd-chunked.manifest-position",
                        offset + ":" + packed + ":" + size + ":1");
        byte[] json = unpacked(table, 0);
        assertThat(json).hasSize(size);
        return json;
    }

    private static List<ConfigNode> entries(byte[] toc) {
        var document = JsonReader.parse("toc", toc);
        assertThat(document.get("version").text()).isEqualTo("1");
        return document.get("entries").items();
    }

    private static long number(ConfigNode entry, String key) {
        return entry.has(key) ? Long.parseLong(entry.get(key).text()) : 0;
    }

    @ParameterizedTest
    @EnumSource
    void theArchiveIsTheSourceBetweenALandmarkAndTheTable(Compression compression)
            throws Exception {
        byte[] tar = sample().bytes();
        var layer = write(sample().end(), compression);
        byte[] plain = unpacked(layer.bytes, 0);
        assertThat(layer.written.diffId()).isEqualTo(Digest.sha256Of(plain));
        assertThat(layer.written.annotations())
                .containsEntry(
                        "io.containers.estargz.uncompressed-size", Long.toString(plain.length))
                .containsEntry(
                        "containerd.io/snapshot/stargz/toc.digest",
                        Digest.sha256Of(toc(layer, compression)).toString());
        assertThat(new String(plain, 0, 21, StandardCharsets.US_ASCII))
                .isEqualTo(".no.prefetch.landmark");
        assertThat(plain[512]).isEqualTo((byte) 0xf);
        assertThat(Arrays.copyOfRange(plain, LANDMARK, LANDMARK + tar.length)).isEqualTo(tar);
        assertThat(Arrays.copyOfRange(plain, plain.length - 1024, plain.length)).containsOnly(0);
        var names = new ArrayList<String>();
        var reader = new TarReader(new RecordedInput(new ByteArrayInputStream(plain), "plain"));
        for (var entry = reader.next(); entry != null; entry = reader.next()) {
            names.add(entry.text());
        }
        assertThat(names).startsWith(".no.prefetch.landmark", "./").contains("usr/hard");
        assertThat(names.contains("stargz.index.json")).isEqualTo(compression == Compression.GZIP);
    }

    @ParameterizedTest
    @EnumSource
    void everyPartOfAFileCanBeUnpackedAlone(Compression compression) throws Exception {
        var layer = write(sample().end(), compression);
        var content =
                Map.of(
                        "usr/noise",
                        NOISE,
                        "usr/exact",
                        Arrays.copyOf(NOISE, CHUNK),
                        "long/".repeat(40) + "u",
                        "long name\n".getBytes(StandardCharsets.UTF_8),
                        ".no.prefetch.landmark",
                        new byte[] {0xf});
        var parts = new ArrayList<String>();
        long size = 0;
        for (var entry : entries(toc(layer, compression))) {
            String name = entry.get("name").text();
            if (entry.get("type").text().equals("reg")) {
                size = number(entry, "size");
                assertThat(entry.get("digest").text())
                        .isEqualTo(
                                Digest.sha256Of(content.getOrDefault(name, new byte[0]))
                                        .toString());
            }
            if (!entry.has("chunkDigest")) {
                continue;
            }
            byte[] whole = content.get(name);
            assertThat(whole).as(name).isNotNull().hasSize((int) size);
            int at = (int) number(entry, "chunkOffset");
            long chunk = number(entry, "chunkSize");
            int length = (int) (chunk == 0 ? size - at : chunk);
            byte[] part = Arrays.copyOfRange(whole, at, at + length);
            byte[] found = unpacked(layer.bytes, (int) number(entry, "offset"));
            assertThat(Arrays.copyOf(found, length)).isEqualTo(part);
            assertThat(entry.get("chunkDigest").text()).isEqualTo(Digest.sha256Of(part).toString());
            parts.add(name + " " + entry.get("type").text() + " " + at + "+" + chunk);
        }
        assertThat(parts)
                .containsExactly(
                        ".no.prefetch.landmark reg 0+0",
                        "usr/noise reg 0+" + CHUNK,
                        "usr/noise chunk " + CHUNK + "+" + CHUNK,
                        "usr/noise chunk " + 2 * CHUNK + "+0",
                        "usr/exact reg 0+0",
                        "long/".repeat(40) + "u reg 0+0");
    }

    @Test
    void theTableSaysWhatTheHeadersSay() throws Exception {
        var file = new TestTar.Header("f", '0');
        file.mode = 04755;
        file.uid = 1000;
        file.gid = 2_000;
        file.mtime = 1_234_567_890;
        byte[] tar = sample().add(file, new byte[] {1}).end();
        var entries = StargzToc.parse("toc", toc(write(tar, Compression.GZIP), Compression.GZIP));
        var names = entries.stream().map(entry -> entry.tar().text()).toList();
        assertThat(names)
                .containsExactly(
                        ".no.prefetch.landmark",
                        "",
                        "usr/",
                        "usr/noise",
                        "usr/empty",
                        "usr/exact",
                        "usr/link",
                        "usr/hard",
                        "null",
                        "long/".repeat(40) + "u",
                        "f");
        var last = entries.getLast().tar();
        assertThat(last.mode()).isEqualTo(04755);
        assertThat(last.uid()).isEqualTo(1000);
        assertThat(last.gid()).isEqualTo(2_000);
        assertThat(last.mtimeSeconds()).isEqualTo(1_234_567_890);
        var device = entries.get(8).tar();
        assertThat(device.major() * 256 + device.minor()).isEqualTo(259);
        assertThat(entries.get(6).tar().linkName()).asString().isEqualTo("noise");
        assertThat(entries.get(7).tar().linkName()).asString().isEqualTo("usr/noise");
        assertThat(entries.get(9).tar().xattrs()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource
    void aLayerThatIsSeekableAlreadyGivesItselfAgain(Compression compression) throws Exception {
        byte[] once = write(sample().end(), compression).bytes;
        assertThat(write(unpacked(once, 0), compression).bytes).isEqualTo(once);
    }

    @Test
    void sparseFilesAreWrittenWithTheirHoles() throws Exception {
        byte[] tar =
                new TestTar()
                        .pax(
                                'x',
                                "GNU.sparse.size=" + (CHUNK + 100),
                                "GNU.sparse.numblocks=2",
                                "GNU.sparse.map=10,2," + (CHUNK - 1) + ",3")
                        .file("holes", "abcde")
                        .file("after", "3")
                        .end();
        byte[] wanted = new byte[CHUNK + 100];
        System.arraycopy("ab".getBytes(StandardCharsets.US_ASCII), 0, wanted, 10, 2);
        System.arraycopy("cde".getBytes(StandardCharsets.US_ASCII), 0, wanted, CHUNK - 1, 3);
        var layer = write(tar, Compression.GZIP);
        var plain = new RecordedInput(new ByteArrayInputStream(unpacked(layer.bytes, 0)), "plain");
        var reader = new TarReader(plain);
        var found = new ArrayList<String>();
        for (var entry = reader.next(); entry != null; entry = reader.next()) {
            found.add(entry.text());
            if (entry.text().equals("holes")) {
                assertThat(entry.sparse()).isNull();
                byte[] content = new byte[(int) entry.size()];
                new FileContent(plain, entry).read(content, content.length);
                assertThat(content).isEqualTo(wanted);
            }
        }
        assertThat(found)
                .containsExactly(".no.prefetch.landmark", "holes", "after", "stargz.index.json");
    }

    @Test
    void archivesBehindEachOtherBecomeOne() throws Exception {
        var two = new ByteArrayOutputStream();
        two.writeBytes(new TestTar().file("a", "1").end());
        two.writeBytes(new TestTar().file("b", "2").end());
        byte[] one = new TestTar().file("a", "1").file("b", "2").end();
        assertThat(write(two.toByteArray(), Compression.GZIP).bytes)
                .isEqualTo(write(one, Compression.GZIP).bytes);
    }

    @Test
    void anEmptyArchiveHasALandmarkOnly() throws Exception {
        var layer = write(new byte[1024], Compression.GZIP);
        assertThat(entries(toc(layer, Compression.GZIP))).hasSize(1);
    }

    @Test
    void anArchiveThatBreaksOffIsRefused() {
        byte[] tar = sample().bytes();
        assertThatThrownBy(() -> write(Arrays.copyOf(tar, 1_000_000), Compression.GZIP))
                .isInstanceOf(CorruptFormatException.class)
                .hasMessageContaining("usr/noise");
    }
}
