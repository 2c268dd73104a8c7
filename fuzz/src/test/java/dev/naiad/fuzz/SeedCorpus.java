package dev.naiad.fuzz;

import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.testkit.NastyTars;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.util.stream.Stream;

/** Good inputs, from which a fuzzer starts. */
final class SeedCorpus {
    /** Longer inputs are no better, only slower. */
    private static final int LARGEST = 64 << 10;

    private SeedCorpus() {}

    /** A layer with its blob. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    record Layer(BuiltLayer built, byte[] blob) {}

    static byte[] smallTar() {
        return new TestTar()
                .dir("dir", 0755)
                .file("dir/file", "content of a file")
                .file("dir/empty", "")
                .pax('x', "SCHILY.xattr.user.note=noted", "mtime=1700000000.5")
                .file("dir/noted", "n".repeat(5000))
                .symlink("link", "dir/file")
                .hardlink("hard", "dir/file")
                .device('3', "null", 1, 3)
                .file("text", "all work and no play ".repeat(300))
                .end();
    }

    static Layer layer(BuildOptions options) {
        return layer(smallTar(), options);
    }

    static Layer layer(byte[] tar, BuildOptions options) {
        var blob = new ByteArrayOutputStream();
        var built =
                LayerBuilder.fromTar(
                        "seed.tar",
                        Channels.newChannel(new ByteArrayInputStream(tar)),
                        options.withChunkSize(4096).withThreads(1),
                        Channels.newChannel(blob));
        return new Layer(built, blob.toByteArray());
    }

    static Stream<byte[]> tars() {
        return NastyTars.all()
                .flatMap(image -> image.layers().stream())
                .filter(tar -> tar.length < LARGEST);
    }

    static Stream<byte[]> bootstraps() {
        return Stream.of(
                        BuildOptions.defaults(),
                        BuildOptions.forConversion(),
                        BuildOptions.defaults().withVersion(RafsVersion.V5))
                .map(options -> layer(options).built().bootstrap());
    }
}
