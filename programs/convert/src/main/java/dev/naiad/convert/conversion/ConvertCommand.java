package dev.naiad.convert.conversion;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.Progress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.auth.DockerConfig;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.MediaTypes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify convert}. The tag is written last: a conversion that fails leaves the target's
 * tag as it was.
 */
public final class ConvertCommand {
    private static final Logger LOG = LoggerFactory.getLogger(ConvertCommand.class);
    private static final int MAX_LAYERS_AT_ONCE = 5;

    private final ProgramContext context;
    private final TarBuild builder;

    public ConvertCommand(ProgramContext context) {
        this(context, LayerBuilder::fromTar);
    }

    ConvertCommand(ProgramContext context, TarBuild builder) {
        this.context = context;
        this.builder = builder;
    }

    /** Times of a conversion; pulling, building and pushing overlap. */
    private record Report(
            long sourceSize, long targetSize, Duration pull, Duration convert, Duration push) {
        String json() {
            return JsonWriter.compact()
                            .object()
                            .put("SourceImageSize", sourceSize)
                            .put("TargetImageSize", targetSize)
                            .put("SourcePullElapsed", pull.toNanos())
                            .put("ConversionElapsed", convert.toNanos())
                            .put("TargetPushElapsed", push.toNanos())
                            .end()
                            .toString()
                    + "\n";
        }
    }

    public int run(CommandLine line) throws Exception {
        ConvertOptions options = ConvertOptions.parse(line, context.in());
        try {
            Report report = convert(options);
            write(options.outputJson(), report.json());
            return 0;
        } catch (NaiadException e) {
            write(options.outputJson(), "null\n");
            throw e;
        }
    }

    private static void write(Optional<Path> file, String json) throws Exception {
        if (file.isPresent()) {
            AtomicFiles.write(
                    file.get().toAbsolutePath(),
                    json.getBytes(StandardCharsets.UTF_8),
                    "rw-r--r--");
        }
    }

    private Report convert(ConvertOptions options) throws Exception {
        var registries =
                new Registries(
                        context.env(),
                        DockerConfig.fromEnvironment(context.env()),
                        options.plainHttp());
        long begin = System.nanoTime();
        LOG.info("pulling image {}", options.source());
        try (var source = registries.source(options.source(), options.sourceInsecure());
                var target = registries.target(options.target(), options.targetInsecure());
                var progress =
                        new Progress(
                                context.err(),
                                Progress.onTerminal(
                                        context.err(), context.variable("TERM").orElse("")))) {
            SourceImage image = resolve(options, source);
            Duration pull = Duration.ofNanos(System.nanoTime() - begin);
            mayPush(target);
            progress.start();
            int atOnce =
                    Math.clamp(Runtime.getRuntime().availableProcessors(), 2, MAX_LAYERS_AT_ONCE);
            var converter =
                    new ImageConverter(
                            new LayerConverter(source, target, builder, options, progress),
                            options.merge(),
                            new NydusImageWriter(target, options),
                            progress,
                            atOnce);
            var copier = new ImageCopier(source, target, progress, atOnce);
            var converted = new ArrayList<PushedImage>();
            try {
                for (var platform : image.images()) {
                    converted.add(
                            platform.manifest().isNydus()
                                    ? copier.copy(platform)
                                    : converter.convert(platform));
                }
            } catch (NaiadException e) {
                throw Registries.hint(e, "target");
            }
            Duration convert = Duration.ofNanos(System.nanoTime() - begin);
            long pushBegin = System.nanoTime();
            tag(options, image, converted, target);
            LOG.info("converted image {} to {}", options.source(), options.target());
            return new Report(
                    image.images().stream().mapToLong(SourceImage.PlatformImage::size).sum(),
                    converted.stream().mapToLong(PushedImage::size).sum(),
                    pull,
                    convert,
                    Duration.ofNanos(System.nanoTime() - pushBegin));
        }
    }

    private static SourceImage resolve(ConvertOptions options, ImageSource source) {
        try {
            return SourceImage.resolve(
                    source, options.source().manifestKey(), options.wanted(), Deadline.never());
        } catch (NaiadException e) {
            throw Registries.hint(e, "source");
        }
    }

    /** Whoever may not push is told before gigabytes are pulled. */
    private static void mayPush(ImageTarget target) {
        try {
            target.prepare();
        } catch (NaiadException e) {
            throw Registries.hint(e, "target");
        }
    }

    /** One image keeps its manifest; several get an index. */
    private static void tag(
            ConvertOptions options,
            SourceImage image,
            List<PushedImage> converted,
            ImageTarget target) {
        String tag = options.target().tag().orElse("latest");
        if (converted.size() == 1) {
            PushedImage only = converted.getFirst();
            target.putManifest(tag, only.mediaType(), only.manifest(), Deadline.never());
            return;
        }
        String type = image.indexType().orElse(MediaTypes.OCI_INDEX);
        String indexType = options.toOci() ? MediaTypes.toOci(type) : type;
        List<Descriptor> manifests = converted.stream().map(PushedImage::descriptor).toList();
        target.putManifest(
                tag, indexType, ImageIndex.of(indexType, manifests).toJson(), Deadline.never());
    }
}
