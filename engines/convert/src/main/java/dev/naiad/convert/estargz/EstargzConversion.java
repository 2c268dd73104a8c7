package dev.naiad.convert.estargz;

import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.stargz.EstargzWriter.Compression;
import dev.naiad.convert.conversion.ConvertOptions;
import dev.naiad.convert.conversion.Endpoints;
import dev.naiad.convert.conversion.LayerAttempts;
import dev.naiad.convert.conversion.Tagging;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import java.util.ArrayList;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes an image with seekable layers of an image: any runtime can pull it, and snapshotters that
 * know the format read it before it is there. The tag is written last. For several threads.
 */
public final class EstargzConversion {
    private static final Logger LOG = LoggerFactory.getLogger(EstargzConversion.class);

    private final Registries registries;
    private final Compression compression;
    private final Semaphore atOnce;

    /**
     * A conversion by the book.
     *
     * @param atOnce how many layers of all images are made at a time
     */
    public EstargzConversion(Registries registries, Compression compression, Semaphore atOnce) {
        this.registries = registries;
        this.compression = compression;
        this.atOnce = atOnce;
    }

    /** Sums of configs and layers. */
    public record Report(long sourceSize, long targetSize) {}

    /**
     * Runs until the target's tag is there.
     *
     * @param options of which those count that name places, platforms, attempts and media types
     */
    public Report run(ConvertOptions options, ConversionProgress progress)
            throws InterruptedException {
        try (var endpoints = Endpoints.open(options, registries)) {
            SourceImage image = resolve(options, endpoints);
            var target = endpoints.target();
            var layers =
                    new EstargzLayers(
                            endpoints.source(),
                            target,
                            compression,
                            options.toOci(),
                            new LayerAttempts(options, progress),
                            progress);
            var writer =
                    new EstargzImage(
                            layers,
                            target,
                            options.toOci(),
                            options.source().toString(),
                            atOnce,
                            progress);
            var pushed = new ArrayList<PushedImage>();
            try {
                target.prepare();
                for (PlatformImage platform : image.images()) {
                    pushed.add(writer.write(platform));
                }
                Tagging.tag(options, image, pushed, target);
            } catch (NaiadException e) {
                throw Registries.hint(e, "target");
            }
            LOG.info("converted image {} to {}", options.source(), options.target());
            return new Report(
                    image.images().stream().mapToLong(PlatformImage::size).sum(),
                    pushed.stream().mapToLong(PushedImage::size).sum());
        }
    }

    private static SourceImage resolve(ConvertOptions options, Endpoints endpoints) {
        try {
            var image =
                    SourceImage.resolve(
                            endpoints.source(),
                            options.source().manifestKey(),
                            options.wanted(),
                            Deadline.never());
            if (image.nydus().isPresent()) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        options.source() + ": is a Nydus image; it has no layers to make seekable");
            }
            return image;
        } catch (NaiadException e) {
            throw Registries.hint(e, "source");
        }
    }
}
