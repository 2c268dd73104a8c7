package dev.naiad.acceleration.engine;

import dev.naiad.acceleration.config.AcceldConfig;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.InconsistentLayersException;
import dev.naiad.convert.conversion.Conversion;
import dev.naiad.convert.conversion.ConvertOptions;
import dev.naiad.convert.conversion.Dictionaries;
import dev.naiad.convert.conversion.LayerWrapping;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.ref.ImageReference;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Converts images to Nydus images beside them. For several threads. */
public final class NydusConversion implements DriverConversion {
    private static final Logger LOG = LoggerFactory.getLogger(NydusConversion.class);

    private final AcceldConfig config;
    private final Registries registries;
    private final LayerWrapping kept;
    private final LayerWrapping fresh;
    private final Dictionaries dictionaries = new Dictionaries();

    /**
     * A conversion by the book.
     *
     * @param kept limits layers and answers from what was converted before
     * @param fresh limits them only: for the second try of what the first made no image of
     */
    public NydusConversion(
            AcceldConfig config, Registries registries, LayerWrapping kept, LayerWrapping fresh) {
        this.config = config;
        this.registries = registries;
        this.kept = kept;
        this.fresh = fresh;
    }

    @Override
    public Outcome convert(ImageReference source) throws IOException, InterruptedException {
        if (config.rules().isCache(source)) {
            return new Outcome(0, 0, "is the cache of its repository");
        }
        ImageReference target = config.rules().target(source);
        Optional<ImageReference> cache = config.rules().cache(source);
        ConvertOptions options = ConversionFlags.options(config, source, target, cache);
        Optional<String> nothing = nothingToDo(source, target, options);
        if (nothing.isPresent()) {
            LOG.info("{}: {}", source, nothing.get());
            return new Outcome(0, 0, nothing.get());
        }
        try {
            return convert(options, kept);
        } catch (InconsistentLayersException e) {
            // What a cache holds was made with other options.
            LOG.warn("{} is converted again without cache: {}", source, e.what());
            return convert(
                    ConversionFlags.options(config, source, target, Optional.empty()), fresh);
        }
    }

    private Optional<String> nothingToDo(
            ImageReference source, ImageReference target, ConvertOptions options) {
        try (var from = registries.source(source, ConversionFlags.insecure(config, source));
                var to = registries.source(target, ConversionFlags.insecure(config, target))) {
            return ConvertedBefore.reason(
                    from,
                    source.manifestKey(),
                    to,
                    target.manifestKey(),
                    options.wanted(),
                    ConvertedBefore.Form.nydus(config.driver().version().word()));
        } catch (NaiadException e) {
            throw Registries.hint(e, "source");
        }
    }

    private Outcome convert(ConvertOptions options, LayerWrapping wrapping)
            throws InterruptedException {
        try (var silent =
                        new PrintStream(
                                OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
                var progress = new ConversionProgress(silent, false)) {
            var report = new Conversion(registries, progress, wrapping, dictionaries).run(options);
            return new Outcome(report.sourceSize(), report.targetSize(), "");
        }
    }
}
