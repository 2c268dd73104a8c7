package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.Bootstrap;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydus-image stat}: what images hold, and how much of a target lies in its base already.
 */
public final class StatCommand implements ImageCommand {
    private static final Logger LOG = LoggerFactory.getLogger(StatCommand.class);
    private static final int THRESHOLDS = 20;

    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP, "stat", "Generate statistics information for RAFS bootstraps")
                .option(
                        Option.value(
                                        "bootstrap",
                                        "bootstrap",
                                        "Generate stats information for base image from the specified metadata blob")
                                .shortName('B'))
                .option(
                        Option.value(
                                        "blob-dir",
                                        "blob-dir",
                                        "Generate stats information for base image from the all metadata blobs in the directory, with the deduplication report")
                                .shortName('D'))
                .option(
                        Option.value(
                                        "target",
                                        "target",
                                        "Generate stats information for target image from the specified metadata blob, deduplicating all chunks existing in the base image")
                                .shortName('T'))
                .option(ImageFlags.config())
                .option(
                        Option.value("digester", "digester", "Digest algorithm of the chunks")
                                .defaultValue("blake3")
                                .choices("blake3", "sha256"))
                .option(ImageFlags.outputJson())
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) {
        boolean deduplicate = !line.given("bootstrap") && line.given("blob-dir");
        @Nullable Path targetFile = line.find("target").map(Path::of).orElse(null);
        var base = new ImageStatistics();
        if (deduplicate) {
            addAll(Path.of(line.get("blob-dir")), targetFile, base);
        } else if (line.given("bootstrap")) {
            add(Path.of(line.get("bootstrap")), base);
        } else {
            throw new UsageException("one of --bootstrap and --blob-dir is needed");
        }
        base.finishBase(deduplicate);
        var target = new ImageStatistics();
        if (targetFile != null) {
            add(targetFile, target);
            target.finishTarget(base);
        }
        var json = line.find("output-json");
        if (json.isPresent()) {
            OutputJson.write(
                    Path.of(json.get()), json(deduplicate, targetFile != null, base, target));
        } else {
            print(context.out(), deduplicate, targetFile != null, base, target);
        }
        return 0;
    }

    private static void add(Path file, ImageStatistics statistics) {
        try (var arena = Arena.ofShared()) {
            statistics.add(BootstrapFile.open(file, arena));
        }
    }

    /**
     * Every bootstrap of a directory: files without an extension; whatever is none is passed by.
     */
    private static void addAll(Path directory, @Nullable Path target, ImageStatistics statistics) {
        try (var list = Files.list(directory)) {
            List<Path> files = list.filter(Files::isRegularFile).sorted().toList();
            for (var file : files) {
                boolean plain = String.valueOf(file.getFileName()).indexOf('.') < 0;
                if (!plain || (target != null && isSame(file, target))) {
                    continue;
                }
                if (BootstrapFile.looksLikeOne(file)) {
                    addIfReadable(file, statistics);
                } else {
                    LOG.debug("{} is not a bootstrap, passed by", file);
                }
            }
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    IoReason.after("cannot read the bootstraps in " + directory, e),
                    e);
        }
    }

    /** compat: a directory's file that does not open as an image is left out, not an error. */
    private static void addIfReadable(Path file, ImageStatistics statistics) {
        try (var arena = Arena.ofShared()) {
            Bootstrap image;
            try {
                image = BootstrapFile.open(file, arena);
            } catch (CorruptFormatException e) {
                LOG.warn("left out: {}", e.what());
                return;
            }
            statistics.add(image);
        }
    }

    private static boolean isSame(Path file, Path target) throws IOException {
        return Files.exists(target) && Files.isSameFile(file, target);
    }

    private static String json(
            boolean deduplicate, boolean compare, ImageStatistics base, ImageStatistics target) {
        var json =
                JsonWriter.compact()
                        .object()
                        .put("dedup_enabled", deduplicate)
                        .put("target_enabled", compare);
        base.put(json.key("base_image"));
        target.put(json.key("target_image"));
        return json.end().toString();
    }

    private static void print(
            PrintStream out,
            boolean deduplicate,
            boolean compare,
            ImageStatistics base,
            ImageStatistics target) {
        if (compare) {
            out.println("Target Image Statistics:");
            out.print(target.text(true));
            out.println();
        }
        out.println("Base Image Statistics:");
        out.print(base.text(false));
        if (deduplicate) {
            out.println();
            out.println("Chunks in a shared dictionary by the number of their uses:");
            out.println("uses | raw chunks | dedup chunks | content size | base size | image size");
            for (int least = 1; least <= THRESHOLDS; least++) {
                var row = base.threshold(least);
                out.println(
                        String.join(
                                " | ",
                                Integer.toString(least),
                                ImageStatistics.hex(row.rawChunks()),
                                ImageStatistics.hex(row.storedChunks()),
                                ImageStatistics.hex(row.base() + row.image()),
                                ImageStatistics.hex(row.base()),
                                ImageStatistics.hex(row.image())));
            }
        }
    }
}
