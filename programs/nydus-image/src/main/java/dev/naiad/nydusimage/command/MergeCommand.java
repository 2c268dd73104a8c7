package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.ImageMerger;
import dev.naiad.builder.InconsistentLayersException;
import dev.naiad.builder.MergeOptions;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.rafs.Bootstrap;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code nydus-image merge}: the bootstraps of layers become one. */
public final class MergeCommand implements ImageCommand {
    private static final Logger LOG = LoggerFactory.getLogger(MergeCommand.class);

    /** compat: converters rebuild all layers without their cache on this exit code. */
    private static final int INCONSISTENT = 2;

    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP, "merge", "Merge multiple bootstraps into a overlaid bootstrap")
                .positional(Positional.rest("SOURCE", "bootstrap paths (allow one or more)"))
                .option(ImageFlags.parentBootstrap())
                .option(
                        Option.value(
                                        "bootstrap",
                                        "bootstrap",
                                        "Output path of nydus overlaid bootstrap")
                                .shortName('B'))
                .option(ImageFlags.blobDir())
                .option(ImageFlags.chunkDict())
                .option(ImageFlags.prefetchPolicy())
                .option(ImageFlags.outputJson())
                .option(
                        Option.value(
                                        "blob-digests",
                                        "blob-digests",
                                        "RAFS blob digest list separated by comma")
                                .commaList())
                .option(
                        Option.value(
                                        "original-blob-ids",
                                        "original-blob-ids",
                                        "original blob id list separated by comma")
                                .commaList())
                .option(
                        Option.value(
                                        "blob-sizes",
                                        "blob-sizes",
                                        "RAFS blob size list separated by comma")
                                .commaList())
                .option(
                        Option.value(
                                        "blob-toc-digests",
                                        "blob-toc-digests",
                                        "RAFS blob toc digest list separated by comma")
                                .commaList())
                .option(
                        Option.value(
                                        "blob-toc-sizes",
                                        "blob-toc-sizes",
                                        "RAFS blob toc size list separated by comma")
                                .commaList())
                .option(ImageFlags.config())
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) {
        var json = new OutputJson();
        var sources = line.arguments();
        if (sources.isEmpty()) {
            throw new UsageException(
                    "the following required arguments were not provided:\n  <SOURCE>...");
        }
        if (!line.given("bootstrap") && !line.given("blob-dir")) {
            throw new UsageException("one of --bootstrap and --blob-dir is needed");
        }
        var policy = PrefetchPolicy.ofWord(line.get("prefetch-policy")).orElse(PrefetchPolicy.NONE);
        var patterns = PrefetchPatterns.read(context.in(), policy);
        try (var arena = Arena.ofShared()) {
            var layers = MergeLayers.read(line, context, arena);
            var options =
                    new MergeOptions(
                            policy,
                            patterns,
                            optional(line, "parent-bootstrap", arena),
                            dictionary(line, arena));
            var merged = ImageMerger.merge(layers, options);
            json.step("merge_bootstrap");
            var bootstrap = BootstrapFile.write(line, merged.bootstrap());
            json.save(line, bootstrap, merged);
            LOG.info(
                    "merged {} bootstraps into {}: {} entries, blobs {}",
                    layers.size(),
                    bootstrap,
                    merged.entries(),
                    merged.blobIds());
            return 0;
        } catch (InconsistentLayersException e) {
            LOG.error("message:{}", e.what());
            return INCONSISTENT;
        }
    }

    static @Nullable Bootstrap optional(CommandLine line, String option, Arena arena) {
        var file = line.find(option);
        return file.isEmpty() ? null : BootstrapFile.open(Path.of(file.get()), arena);
    }

    /** The image that {@code --chunk-dict} names. */
    static @Nullable Bootstrap dictionary(CommandLine line, Arena arena) {
        var text = line.find("chunk-dict");
        if (text.isEmpty()) {
            return null;
        }
        return BootstrapFile.open(dictionaryPath(text.get()), arena);
    }

    /** {@code bootstrap=PATH} or {@code PATH}. */
    public static Path dictionaryPath(String text) {
        int equals = text.indexOf('=');
        if (equals < 0) {
            return Path.of(text);
        }
        String type = text.substring(0, equals);
        if (!type.equals("bootstrap")) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "invalid chunk dict type " + type + "; use --chunk-dict bootstrap=FILE");
        }
        return Path.of(text.substring(equals + 1));
    }
}
