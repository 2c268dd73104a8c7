package dev.naiad.nydusify.check;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.ImageMerger;
import dev.naiad.builder.ImageUnpacker;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.MergeOptions;
import dev.naiad.convert.model.ModelArtifact;
import dev.naiad.convert.pull.BlobBytes;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.LayerStream;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The tree of a source image of either kind, as a bootstrap: layers are read through, their data go
 * nowhere.
 */
final class SourceImageTree {
    private static final int PIPE_BYTES = 1 << 20;

    private SourceImageTree() {}

    /**
     * Reads it.
     *
     * @param like the image it will be compared with: files are cut and digested as there
     */
    static Bootstrap read(CheckSide side, PlatformImage image, Bootstrap like) {
        ImageSource source = side.source();
        List<Descriptor> layers = image.manifest().layers();
        List<Digest> diffIds = image.config().diffIds();
        if (ModelArtifact.isOne(image.manifest())) {
            return model(side, image, like);
        }
        if (layers.size() != diffIds.size()) {
            throw CheckFailure.of(
                    "manifest",
                    "the source has "
                            + layers.size()
                            + " layers and "
                            + diffIds.size()
                            + " diff ids");
        }
        BuildOptions options = options(like);
        if (image.isNydus()) {
            Bootstrap own =
                    open(
                            BootstrapArchive.fetch(
                                    source, layers.getLast(), diffIds.getLast(), Deadline.never()));
            return own.chunkSize() == like.chunkSize() && own.digester() == like.digester()
                    ? own
                    : open(rebuilt(own, side.blobs(image), options));
        }
        var bootstraps = new ArrayList<LayerBootstrap>();
        for (int i = 0; i < layers.size(); i++) {
            bootstraps.add(layer(source, layers.get(i), diffIds.get(i), options));
        }
        return open(ImageMerger.merge(bootstraps, MergeOptions.forConversion()).bootstrap());
    }

    /** A model's files are stretches of its layers: where they are tells what they are. */
    private static Bootstrap model(CheckSide side, PlatformImage image, Bootstrap like) {
        return open(
                ModelArtifact.image(
                                side.reference().toString(),
                                side.source(),
                                image.manifest(),
                                options(like))
                        .bootstrap());
    }

    /** A model with the digests of all content. */
    static Bootstrap content(CheckSide side, PlatformImage image, Bootstrap like) {
        BuildOptions options = options(like);
        var bootstraps = new ArrayList<LayerBootstrap>();
        for (Descriptor layer : ModelArtifact.layers(image.manifest())) {
            // A plain archive's digest is its diff id.
            bootstraps.add(layer(side.source(), layer, layer.digest(), options));
        }
        return open(ImageMerger.merge(bootstraps, MergeOptions.forConversion()).bootstrap());
    }

    private static BuildOptions options(Bootstrap like) {
        return BuildOptions.forConversion()
                .withCompressor(Compressor.NONE)
                .withChunkSize(like.chunkSize())
                .withDigester(like.digester());
    }

    private static Bootstrap open(byte[] bootstrap) {
        return BootstrapReader.open(
                MemorySegment.ofArray(bootstrap), "source " + NydusAnnotations.BOOTSTRAP_PATH);
    }

    /** An image that was cut or digested in another way is unpacked and built anew. */
    private static byte[] rebuilt(Bootstrap own, BlobBytes blobs, BuildOptions options) {
        try (var tar = new PipedInputStream(PIPE_BYTES)) {
            var out = new PipedOutputStream(tar);
            var unpack =
                    new FutureTask<Boolean>(
                            () -> {
                                try (out) {
                                    ImageUnpacker.unpack(
                                            own, blob -> blobs.open(blob.id()), out, "source");
                                }
                                return true;
                            });
            Thread.ofPlatform().name("unpack").daemon().start(unpack);
            var built =
                    LayerBuilder.fromTar(
                            "source",
                            Channels.newChannel(tar),
                            options,
                            Channels.newChannel(OutputStream.nullOutputStream()));
            var _ = unpack.get();
            return built.bootstrap();
        } catch (IOException | ExecutionException e) {
            throw e.getCause() instanceof NaiadException known
                    ? known
                    : new NaiadException(ErrorKind.UNAVAILABLE, "source: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(ErrorKind.CANCELLED, "source: interrupted", e);
        }
    }

    private static LayerBootstrap layer(
            ImageSource source, Descriptor layer, Digest diffId, BuildOptions options) {
        try (var tar = LayerStream.open(source, layer, diffId, Deadline.never(), n -> {})) {
            var built =
                    LayerBuilder.fromTar(
                            "layer " + layer.digest(),
                            Channels.newChannel(tar),
                            options,
                            Channels.newChannel(OutputStream.nullOutputStream()));
            tar.transferTo(OutputStream.nullOutputStream());
            return LayerBootstrap.of(
                    built.digest().hex(), MemorySegment.ofArray(built.bootstrap()), built.size());
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "layer " + layer.digest() + ": " + e.getMessage(), e);
        }
    }
}
