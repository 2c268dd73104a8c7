package dev.naiad.builder;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.ShortTempDir;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A file of 5 GiB that is nearly all hole costs neither disk nor memory, on the way in or out. */
@Tag("slow")
class SparseGiantTest {
    private static final long SIZE = 5L << 30;
    private static final byte[] ZEROS = new byte[1 << 24];
    private static final byte[] MARK = "mark".getBytes(StandardCharsets.US_ASCII);
    private static final long[] MARKS = {0, (2L << 30) + 7, (4L << 30) - 2, SIZE - 4};

    private static byte[] archive() {
        var map = new StringBuilder().append(MARKS.length).append('\n');
        var data = new ByteArrayOutputStream();
        for (long mark : MARKS) {
            map.append(mark).append('\n').append(MARK.length).append('\n');
        }
        data.writeBytes(Arrays.copyOf(map.toString().getBytes(StandardCharsets.US_ASCII), 512));
        for (long _ : MARKS) {
            data.writeBytes(MARK);
        }
        return new TestTar()
                .pax(
                        'x',
                        "GNU.sparse.major=1",
                        "GNU.sparse.minor=0",
                        "GNU.sparse.name=giant",
                        "GNU.sparse.realsize=" + SIZE)
                .file("GNUSparseFile.1/giant", data.toByteArray())
                .file("after", "after")
                .end();
    }

    @ParameterizedTest
    @EnumSource
    void aSparseFileOfFiveGibibytesIsBuiltAndUnpacked(RafsVersion version) {
        var blob = new ByteArrayOutputStream();
        var layer =
                LayerBuilder.fromTar(
                        "giant.tar",
                        Channels.newChannel(new ByteArrayInputStream(archive())),
                        BuildOptions.defaults().withVersion(version),
                        Channels.newChannel(blob));
        // A chunk of zeros, the chunks with marks (two have one over their edge), and "after".
        assertThat(layer.blobs().getFirst().chunkCount()).isEqualTo(7);
        assertThat(blob.size()).isLessThan(100_000);
        assertThat(layer.bootstrap().length).isLessThan(1 << 20);
        var image = BootstrapReader.open(MemorySegment.ofArray(layer.bootstrap()), "giant.boot");
        var found = new Marks();
        ImageUnpacker.unpack(
                image,
                info -> ByteSource.of("blob", MemorySegment.ofArray(blob.toByteArray())),
                found,
                "giant.tar");
        assertThat(found.position).isGreaterThan(SIZE);
        // Names and content of the entries before it are short: the marks keep their distances.
        assertThat(found.marks).hasSize(MARKS.length);
        for (int i = 1; i < MARKS.length; i++) {
            assertThat(found.marks.get(i) - found.marks.getFirst()).isEqualTo(MARKS[i]);
        }
    }

    @Test
    @Tag("root")
    void theKernelShowsItsMarksItsHolesAndItsSize() throws IOException {
        ErofsMount.requirements();
        try (var temp = ShortTempDir.create()) {
            var blob = temp.resolve("blob");
            BuiltLayer layer;
            try (var out =
                    FileChannel.open(
                            blob, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                layer =
                        LayerBuilder.fromTar(
                                "giant.tar",
                                Channels.newChannel(new ByteArrayInputStream(archive())),
                                BuildOptions.forConversion(),
                                out);
            }
            String id = layer.digest().hex();
            byte[] image =
                    ImageMerger.merge(
                                    List.of(
                                            LayerBootstrap.of(
                                                    id, MemorySegment.ofArray(layer.bootstrap()))),
                                    MergeOptions.forConversion())
                            .bootstrap();
            try (var mounted = ErofsMount.of(temp.path(), image, Map.of(id, blob));
                    var giant = FileChannel.open(mounted.path().resolve("giant"))) {
                assertThat(giant.size()).isEqualTo(SIZE);
                for (long mark : MARKS) {
                    assertThat(read(giant, mark, MARK.length)).isEqualTo(MARK);
                }
                for (long hole : new long[] {4, (1L << 30) + 1, (3L << 30), SIZE - 5000}) {
                    assertThat(read(giant, hole, 4096)).isEqualTo(new byte[4096]);
                }
            }
        }
    }

    private static byte[] read(FileChannel file, long position, int count) throws IOException {
        var bytes = ByteBuffer.allocate(count);
        while (bytes.hasRemaining() && file.read(bytes, position + bytes.position()) > 0) {}
        return bytes.array();
    }

    /** The positions of marks in the output. */
    private static final class Marks extends OutputStream {
        private final List<Long> marks = new ArrayList<>();
        private long position;
        private int matched;

        @Override
        public void write(int b) {
            matched = b == MARK[matched] ? matched + 1 : b == MARK[0] ? 1 : 0;
            position++;
            if (matched == MARK.length) {
                marks.add(position - MARK.length);
                matched = 0;
            }
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            if (matched == 0
                    && Arrays.mismatch(bytes, offset, offset + length, ZEROS, 0, length) < 0) {
                position += length;
                return;
            }
            for (int i = offset; i < offset + length; i++) {
                if (matched == 0 && bytes[i] != MARK[0]) {
                    position++;
                } else {
                    write(bytes[i]);
                }
            }
        }
    }
}
