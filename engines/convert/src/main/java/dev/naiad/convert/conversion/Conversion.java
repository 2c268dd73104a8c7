package dev.naiad.convert.conversion;

import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the Nydus image of an image, from one reference to another. The tag is written last: a
 * conversion that fails leaves the target's tag as it was.
 */
public final class Conversion {
    private static final Logger LOG = LoggerFactory.getLogger(Conversion.class);
    private static final int MAX_LAYERS_AT_ONCE = 5;

    private final Registries registries;
    private final TarBuild builder;
    private final ConversionProgress progress;
    private final LayerWrapping wrapping;
    private final Dictionaries dictionaries;

    /**
     * A conversion, for programs that embed it.
     *
     * @param progress told what was moved; not closed
     * @param wrapping stands around the conversion of each layer
     * @param dictionaries what the conversions before this one have fetched
     */
    public Conversion(
            Registries registries,
            ConversionProgress progress,
            LayerWrapping wrapping,
            Dictionaries dictionaries) {
        this(registries, LayerBuilder::fromTar, progress, wrapping, dictionaries);
    }

    public Conversion(
            Registries registries,
            TarBuild builder,
            ConversionProgress progress,
            LayerWrapping wrapping,
            Dictionaries dictionaries) {
        this.dictionaries = dictionaries;
        this.registries = registries;
        this.builder = builder;
        this.progress = progress;
        this.wrapping = wrapping;
    }

    /** What it took; pulling, building and pushing overlap. */
    public record Report(
            long sourceSize, long targetSize, Duration pull, Duration convert, Duration push) {}

    /** Runs until the target's tag is there. */
    public Report run(ConvertOptions options) throws InterruptedException {
        long begin = System.nanoTime();
        LOG.info("pulling image {}", options.source());
        try (var endpoints = Endpoints.open(options, registries)) {
            var source = endpoints.source();
            var target = endpoints.target();
            SourceImage image = resolve(options, source);
            Duration pull = Duration.ofNanos(System.nanoTime() - begin);
            mayPush(target);
            progress.start();
            if (options.reverse()) {
                return reverse(options, image, endpoints, begin, pull);
            }
            int atOnce = layersAtOnce();
            var dictionary =
                    options.dictionary()
                            .map(where -> DictionaryImage.open(where, registries, dictionaries));
            var cache =
                    options.buildCache()
                            .map(
                                    where ->
                                            RemoteLayerCache.open(
                                                    where,
                                                    options.build(),
                                                    options.ociRef(),
                                                    registries));
            var known =
                    dictionary
                            .map(each -> new KnownImages(null, each.bootstrap()))
                            .orElse(KnownImages.NONE);
            var originals = new OriginalLayers(source, endpoints.blobs(), progress);
            LayerConversion layers =
                    wrapping.around(
                            endpoints.blobs(),
                            blobs -> layers(source, originals, blobs, known, options));
            if (cache.isPresent()) {
                layers = cache.get().around(layers, endpoints.blobs(), progress);
            }
            if (options.ociRef()) {
                layers = originals.around(layers);
            }
            var journal = journal(options, endpoints);
            if (journal.isPresent()) {
                layers = journal.get().around(layers, target, progress);
            }
            var converter =
                    new ImageConverter(
                            layers,
                            options.merge().withDictionary(known.dictionary()),
                            new NydusImageWriter(
                                    target,
                                    options,
                                    endpoints.blobsAreLayers(),
                                    dictionary,
                                    progress),
                            progress,
                            atOnce);
            List<PushedImage> converted;
            try {
                var copier = new ImageCopier(source, target, progress, atOnce);
                converted = images(options, image, converter, copier, target);
                if (options.ociRef() && endpoints.keepsOriginals(options)) {
                    originals.keep(image, copier);
                }
            } catch (NaiadException e) {
                throw Registries.hint(e, "target");
            }
            if (cache.isPresent()) {
                try (var written = registries.source(options.target(), options.targetInsecure())) {
                    cache.get().push(image.images(), written, progress);
                }
            }
            Duration convert = Duration.ofNanos(System.nanoTime() - begin);
            long pushBegin = System.nanoTime();
            Tagging.tag(options, image, converted, target);
            journal.ifPresent(ConversionJournal::done);
            LOG.info("converted image {} to {}", options.source(), options.target());
            return report(image, converted, pull, convert, pushBegin);
        }
    }

    /** Only what lies in a repository can be found again there. */
    private Optional<ConversionJournal> journal(ConvertOptions options, Endpoints endpoints) {
        boolean registry = options.targetArchive().isEmpty() && endpoints.blobsAreLayers();
        return registry && !options.ociRef()
                ? Optional.of(ConversionJournal.open(options, registries))
                : Optional.empty();
    }

    private LayerConversion layers(
            ImageSource source,
            OriginalLayers originals,
            BlobStore blobs,
            KnownImages known,
            ConvertOptions options) {
        var own = new LayerConverter(source, blobs, builder, known, options, progress);
        return options.ociRef()
                ? new ReferenceConverter(originals, blobs, known, options, own, progress)
                : own;
    }

    private Report reverse(
            ConvertOptions options,
            SourceImage image,
            Endpoints endpoints,
            long begin,
            Duration pull)
            throws InterruptedException {
        var reverse =
                new ReverseConversion(
                        endpoints.source(), endpoints.target(), progress, layersAtOnce());
        var images = new ArrayList<PushedImage>();
        for (var platform : image.images()) {
            images.add(reverse.convert(platform));
        }
        Duration convert = Duration.ofNanos(System.nanoTime() - begin);
        long pushBegin = System.nanoTime();
        Tagging.tag(options, image, images, endpoints.target());
        LOG.info("converted Nydus image {} to {}", options.source(), options.target());
        return report(image, images, pull, convert, pushBegin);
    }

    private static int layersAtOnce() {
        return Math.clamp(Runtime.getRuntime().availableProcessors(), 2, MAX_LAYERS_AT_ONCE);
    }

    private static Report report(
            SourceImage image,
            List<PushedImage> converted,
            Duration pull,
            Duration convert,
            long pushBegin) {
        return new Report(
                image.images().stream().mapToLong(SourceImage.PlatformImage::size).sum(),
                converted.stream().mapToLong(PushedImage::size).sum(),
                pull,
                convert,
                Duration.ofNanos(System.nanoTime() - pushBegin));
    }

    /** In the order of the index: OCI forms first, if both are wanted. */
    private static List<PushedImage> images(
            ConvertOptions options,
            SourceImage image,
            ImageConverter converter,
            ImageCopier copier,
            ImageTarget target)
            throws InterruptedException {
        var nydus = new ArrayList<PushedImage>();
        for (var platform : image.images()) {
            nydus.add(
                    platform.manifest().isNydus()
                            ? copier.copy(platform)
                            : converter.convert(platform));
        }
        if (!options.mergePlatform()) {
            return nydus;
        }
        var both = new ArrayList<PushedImage>();
        var oci = new OciImageWriter(target, copier, options.toOci());
        for (var platform : image.images()) {
            if (!platform.manifest().isNydus()) {
                both.add(oci.write(platform));
            }
        }
        both.addAll(nydus);
        return both;
    }

    private static SourceImage resolve(ConvertOptions options, ImageSource source) {
        try {
            return SourceImage.resolve(
                    source, options.source().manifestKey(), options.wanted(), Deadline.never());
        } catch (NaiadException e) {
            throw Registries.hint(e, "source");
        }
    }

    /** Missing permission to push is reported before gigabytes are pulled. */
    private static void mayPush(ImageTarget target) {
        try {
            target.prepare();
        } catch (NaiadException e) {
            throw Registries.hint(e, "target");
        }
    }
}
