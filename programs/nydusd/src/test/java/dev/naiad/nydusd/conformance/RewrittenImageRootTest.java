package dev.naiad.nydusd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.MergedImage;
import dev.naiad.builder.dictionary.ChunkDictionaryMaker;
import dev.naiad.builder.dictionary.DictionarySource;
import dev.naiad.builder.rewrite.CompactOptions;
import dev.naiad.builder.rewrite.ImageCompactor;
import dev.naiad.builder.rewrite.ImageOptimizer;
import dev.naiad.builder.rewrite.NewBlobs;
import dev.naiad.builder.rewrite.PrefetchFile;
import dev.naiad.linux.FdSource;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Images whose chunks were moved to other blobs read through a mount like their source. */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RewrittenImageRootTest {
    @RegisterExtension final MountDirectory place = new MountDirectory();

    private Path directory = Path.of("/");
    private Path source = Path.of("/");
    private Path mountpoint = Path.of("/");

    @BeforeEach
    void make() throws IOException {
        directory = place.path();
        source = directory.resolve("source");
        mountpoint = place.mountpoint();
        ConformanceTree.make(source);
    }

    private void reads(TestImage image, boolean prefetch) throws Exception {
        try (var _ = place.serve(image, prefetch)) {
            assertThat(TreeListing.differences(source, mountpoint)).isEmpty();
        }
    }

    /** Keeps new blobs beside the old ones. */
    private record Kept(Path blobs) implements NewBlobs {
        @Override
        public void write(Function<WritableByteChannel, BuiltLayer> build) {
            var part = blobs.resolve("new");
            try {
                BuiltLayer built;
                try (var channel =
                        FileChannel.open(
                                part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                    built = build.apply(channel);
                }
                Files.move(part, blobs.resolve(built.digest().hex()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private TestImage written(TestImage from, MergedImage made) throws IOException {
        var bootstrap = Files.write(directory.resolve("new.boot"), made.bootstrap());
        return new TestImage(bootstrap, from.blobs(), made.blobIds().getLast());
    }

    @ParameterizedTest
    @EnumSource
    void anOptimizedImageReadsLikeItsSource(RafsVersion version) throws Exception {
        var image = build(version);
        var bytes = MemorySegment.ofArray(Files.readAllBytes(image.bootstrap()));
        var old = BootstrapReader.open(bytes, "image.boot");
        try (var blob = FdSource.open(image.blob())) {
            var made =
                    ImageOptimizer.optimize(
                                    old, old.blobs(), half(), info -> blob, new Kept(image.blobs()))
                            .orElseThrow();
            assertThat(made.blobs()).hasSize(2);
            reads(written(image, made), version == RafsVersion.V6);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCompactedImageReadsLikeItsSource(RafsVersion version) throws Exception {
        var image = build(version);
        var bytes = MemorySegment.ofArray(Files.readAllBytes(image.bootstrap()));
        var old = BootstrapReader.open(bytes, "image.boot");
        try (var blob = FdSource.open(image.blob())) {
            var split =
                    ImageOptimizer.optimize(
                                    old, old.blobs(), half(), info -> blob, new Kept(image.blobs()))
                            .orElseThrow();
            var parts = BootstrapReader.open(MemorySegment.ofArray(split.bootstrap()), "split");
            var made =
                    ImageCompactor.compact(
                                    parts,
                                    parts.blobs(),
                                    new CompactOptions(99, 1 << 30, 1L << 40, 0, Set.of()),
                                    info -> blob,
                                    new Kept(image.blobs()))
                            .orElseThrow();
            Files.delete(image.blob());
            reads(written(image, made), false);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anImageThatRefersToAGeneratedDictionaryReadsLikeItsSource(RafsVersion version)
            throws Exception {
        var image = build(version);
        var bytes = MemorySegment.ofArray(Files.readAllBytes(image.bootstrap()));
        var sampled = BootstrapReader.open(bytes, "image.boot");
        var made =
                ChunkDictionaryMaker.make(
                        List.of(DictionarySource.of("image", "1", sampled)), List.of());
        var dictionary =
                BootstrapReader.open(MemorySegment.ofArray(made.bootstrap()), "dictionary");
        assertThat(dictionary.blobs().getFirst().has(BlobFeatures.IS_CHUNKDICT_GENERATED)).isTrue();
        Files.writeString(source.resolve("of its own"), "not in the dictionary");
        // Builds of directories leave out when the root was changed.
        Files.setLastModifiedTime(source, FileTime.fromMillis(0));
        var options = BuildOptions.defaults().withVersion(version);
        var built = new ArrayList<BuiltLayer>();
        new Kept(image.blobs())
                .write(
                        channel -> {
                            var layer =
                                    LayerBuilder.fromDirectory(
                                            source,
                                            options,
                                            new KnownImages(null, dictionary),
                                            channel);
                            built.add(layer);
                            return layer;
                        });
        var layer = built.getFirst();
        assertThat(layer.blobs()).hasSize(2);
        assertThat(layer.size()).isLessThan(10_000);
        var bootstrap = Files.write(directory.resolve("new.boot"), layer.bootstrap());
        reads(new TestImage(bootstrap, image.blobs(), layer.digest().hex()), true);
    }

    /** Every other file, so that old blobs and new ones are needed. */
    private List<PrefetchFile> half() throws IOException {
        try (var found = Files.walk(source)) {
            var files =
                    found.filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                            .sorted()
                            .map(path -> PrefetchFile.whole("/" + source.relativize(path)))
                            .toList();
            return IntStream.range(0, files.size())
                    .filter(i -> i % 2 == 0)
                    .mapToObj(files::get)
                    .toList();
        }
    }

    private TestImage build(RafsVersion version) throws IOException {
        return TestImage.build(
                source,
                Files.createDirectory(directory.resolve("image")),
                BuildOptions.defaults().withVersion(version));
    }
}
