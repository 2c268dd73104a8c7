package dev.naiad.acceleration.engine;

import dev.naiad.acceleration.config.AcceldConfig;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.stargz.EstargzWriter.Compression;
import dev.naiad.convert.conversion.ConvertOptions;
import dev.naiad.convert.estargz.EstargzConversion;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.ref.ImageReference;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Converts images to eStargz images beside them. For several threads. */
final class SeekableConversion implements DriverConversion {
    private static final Logger LOG = LoggerFactory.getLogger(SeekableConversion.class);

    private final AcceldConfig config;
    private final Registries registries;
    private final EstargzConversion conversion;

    SeekableConversion(
            AcceldConfig config,
            Registries registries,
            Compression compression,
            Semaphore layersAtOnce) {
        this.config = config;
        this.registries = registries;
        this.conversion = new EstargzConversion(registries, compression, layersAtOnce);
    }

    @Override
    public Outcome convert(ImageReference source) throws IOException, InterruptedException {
        ImageReference target = config.rules().target(source);
        ConvertOptions options = ConversionFlags.options(config, source, target, Optional.empty());
        Optional<String> nothing = nothingToDo(source, target, options);
        if (nothing.isPresent()) {
            LOG.info("{}: {}", source, nothing.get());
            return new Outcome(0, 0, nothing.get());
        }
        try (var silent =
                        new PrintStream(
                                OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
                var progress = new ConversionProgress(silent, false)) {
            var report = conversion.run(options, progress);
            return new Outcome(report.sourceSize(), report.targetSize(), "");
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
                    ConvertedBefore.Form.estargz());
        } catch (NaiadException e) {
            throw Registries.hint(e, "source");
        }
    }
}
