package dev.naiad.layers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.builder.ImageUnpacker;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.NastyTars;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every strange archive survives the way to Nydus and back, alone and under its neighbours. */
class NastyRoundTripTest {
    static Stream<NastyTars.Image> images() {
        return NastyTars.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("images")
    void layersThatWereUnpackedMakeTheSameImageAgain(NastyTars.Image image) {
        var blobs = new HashMap<String, ByteSource>();
        var packed = new ArrayList<NydusLayer>();
        var again = new ArrayList<NydusLayer>();
        for (byte[] tar : image.layers()) {
            NydusLayer layer = pack(tar, blobs);
            packed.add(layer);
            byte[] back = unpack(blobs, layer);
            NydusLayer second = pack(back, blobs);
            again.add(second);
            assertThat(unpack(blobs, second)).isEqualTo(back);
        }

        assertThat(merged(again, blobs)).isEqualTo(merged(packed, blobs));
    }

    private static NydusLayer pack(byte[] tar, Map<String, ByteSource> blobs) {
        var blob = new ByteArrayOutputStream();
        var layer = Pack.layer(LayerSource.of("layer", new ByteArrayInputStream(tar)), blob);
        var bytes = MemorySegment.ofArray(blob.toByteArray());
        blobs.put(layer.digest().hex(), ByteSource.of(layer.digest().hex(), bytes));
        return layer;
    }

    private static byte[] unpack(Map<String, ByteSource> blobs, NydusLayer layer) {
        var tar = new ByteArrayOutputStream();
        Unpack.layer(blob(blobs, layer.digest().hex()), tar);
        return tar.toByteArray();
    }

    /** The image as one archive, in the order of its tree. */
    private static byte[] merged(List<NydusLayer> layers, Map<String, ByteSource> blobs) {
        byte[] bootstrap = Merge.layers(layers).bootstrap();
        var tar = new ByteArrayOutputStream();
        ImageUnpacker.unpack(
                BootstrapReader.open(MemorySegment.ofArray(bootstrap), "merged"),
                info -> blob(blobs, info.id()),
                tar,
                "merged");
        return tar.toByteArray();
    }

    private static ByteSource blob(Map<String, ByteSource> blobs, String id) {
        ByteSource found = blobs.get(id);
        if (found == null) {
            throw new AssertionError("no blob " + id);
        }
        return found;
    }
}
