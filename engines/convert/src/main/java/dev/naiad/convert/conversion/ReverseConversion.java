package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.ImageUnpacker;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.convert.pull.BlobBytes;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.verify.Evidence;
import dev.naiad.convert.verify.ImageAudit;
import dev.naiad.convert.verify.WrittenTar;
import dev.naiad.layers.CompressedLayer;
import dev.naiad.layers.NydusLayer;
import dev.naiad.layers.Unpack;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageConfig;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the OCI image of a Nydus image: each blob becomes the layer it was made of. Where the
 * layers over each other are not the image (it was optimized, or its blobs hold no trees), the
 * image becomes one layer.
 */
final class ReverseConversion {
    private static final Logger LOG = LoggerFactory.getLogger(ReverseConversion.class);

    private final ImageSource source;
    private final ImageTarget target;
    private final ConversionProgress progress;
    private final int layersAtOnce;

    ReverseConversion(
            ImageSource source, ImageTarget target, ConversionProgress progress, int layersAtOnce) {
        this.source = source;
        this.target = target;
        this.progress = progress;
        this.layersAtOnce = layersAtOnce;
    }

    private record Unpacked(Descriptor descriptor, Digest diffId, Evidence evidence) {}

    /** Writes everything but the tag. */
    PushedImage convert(PlatformImage image) throws InterruptedException {
        if (!image.manifest().isNydus()) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    image.descriptor().digest()
                            + " is not a Nydus image: --reverse has nothing to do");
        }
        var layers = image.manifest().layers();
        byte[] bytes =
                BootstrapArchive.fetch(
                        source,
                        layers.getLast(),
                        image.config().diffIds().getLast(),
                        Deadline.never());
        var bootstrap = BootstrapReader.open(MemorySegment.ofArray(bytes), "the image's bootstrap");
        var blobs = BlobBytes.of(source, layers);
        String name = "image " + image.descriptor().digest();
        Optional<List<Descriptor>> own = ownLayers(image, blobs, bytes);
        List<Unpacked> unpacked =
                own.isPresent()
                        ? layers(own.get(), blobs, bootstrap.chunkSize())
                        : List.of(flat(bootstrap, blobs));
        long entries =
                ImageAudit.check(name, unpacked.stream().map(Unpacked::evidence).toList(), bytes);
        LOG.info("verified {} entries against {}", entries, image.descriptor().digest());
        return write(image, unpacked, own.isPresent());
    }

    /**
     * The blobs whose trees over each other are the image: all of them, or those that the history
     * knows (blobs of a chunk dictionary stand behind the layers); none if the image was changed
     * since.
     */
    private Optional<List<Descriptor>> ownLayers(
            PlatformImage image, BlobBytes blobs, byte[] bootstrap) {
        var all = image.manifest().layers().subList(0, image.manifest().layers().size() - 1);
        int told = OciHistory.layers(image.config()) - 1;
        var candidates = new ArrayList<List<Descriptor>>();
        candidates.add(all);
        if (told > 0 && told < all.size()) {
            candidates.add(all.subList(0, told));
        }
        String name = "image " + image.descriptor().digest();
        for (var layers : candidates) {
            try {
                var trees = new ArrayList<Evidence>();
                for (Descriptor layer : layers) {
                    String id = layer.digest().hex();
                    byte[] own = NydusLayer.read(layer.digest(), blobs.open(id)).bootstrap();
                    var opened = BootstrapReader.open(MemorySegment.ofArray(own), "blob " + id);
                    trees.add(Evidence.ofCached(id, opened));
                }
                var _ = ImageAudit.check(name, trees, bootstrap);
                return Optional.of(layers);
            } catch (NaiadException e) {
                if (e.kind() != ErrorKind.NOT_FOUND && e.kind() != ErrorKind.DATA_LOSS) {
                    throw e;
                }
                LOG.debug("the first {} layers are not the image: {}", layers.size(), e.what());
            }
        }
        LOG.warn("{} becomes one layer: its blobs over each other are not the image", name);
        return Optional.empty();
    }

    private List<Unpacked> layers(List<Descriptor> layers, BlobBytes blobs, int chunkSize)
            throws InterruptedException {
        layers.forEach(layer -> progress.expect(layer.size()));
        var tasks = new ArrayList<TaskGroup.Task<Unpacked>>();
        try (var group = TaskGroup.open("reverse", Deadline.never(), layersAtOnce)) {
            for (Descriptor layer : layers) {
                tasks.add(
                        group.submit(
                                () ->
                                        pack(
                                                "layer " + layer.digest(),
                                                chunkSize,
                                                tar ->
                                                        Unpack.layer(
                                                                blobs.open(layer.digest().hex()),
                                                                blobs::open,
                                                                tar))));
            }
            group.joinOrThrow();
        }
        return tasks.stream().map(TaskGroup.Task::get).toList();
    }

    private Unpacked flat(Bootstrap bootstrap, BlobBytes blobs) {
        return pack(
                "image",
                bootstrap.chunkSize(),
                tar -> ImageUnpacker.unpackLayer(bootstrap, blobs::open, tar, "image"));
    }

    @FunctionalInterface
    private interface Archive {
        void write(OutputStream tar);
    }

    /** Unpacks, compresses and sends at the same time. */
    private Unpacked pack(String name, int chunkSize, Archive archive) {
        try (var blob = target.writer(Deadline.never(), progress::pushed)) {
            var layer = new CompressedLayer(Channels.newOutputStream(blob), LayerStreams.Kind.GZIP);
            var tar = new WrittenTar(layer, chunkSize);
            archive.write(tar);
            layer.close();
            Descriptor descriptor = layer.descriptor();
            blob.commit(descriptor.digest());
            progress.pulled(descriptor.size());
            LOG.atInfo().addKeyValue("target", descriptor.digest()).log("unpacked " + name);
            return new Unpacked(descriptor, layer.diffId(), tar.evidence());
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, name + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private PushedImage write(PlatformImage image, List<Unpacked> layers, boolean historyHolds) {
        ImageConfig config =
                image.config()
                        .withoutHistory(
                                layers.stream().map(Unpacked::diffId).toList(),
                                NydusImageWriter.CREATED_BY,
                                NydusImageWriter.COMMENT);
        return OciManifests.write(
                target,
                image,
                layers.stream().map(Unpacked::descriptor).toList(),
                historyHolds ? config : config.withoutHistory());
    }
}
