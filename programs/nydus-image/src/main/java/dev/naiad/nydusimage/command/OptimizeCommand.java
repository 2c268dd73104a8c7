package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.rewrite.ImageOptimizer;
import dev.naiad.builder.rewrite.PrefetchFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code nydus-image optimize}: the files needed first get a blob of their own. */
public final class OptimizeCommand implements ImageCommand {
    private static final Logger LOG = LoggerFactory.getLogger(OptimizeCommand.class);

    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP,
                        "optimize",
                        "Optimize RAFS image: separate prefetch files into a blob of their own")
                .option(
                        Option.value("bootstrap", "bootstrap", "File path of RAFS metadata blob")
                                .shortName('B')
                                .require())
                .option(
                        Option.value(
                                        "prefetch-files",
                                        "prefetch-files",
                                        "JSON file that lists the files to separate")
                                .shortName('p')
                                .require())
                .option(ImageFlags.config().conflictsWith("blob-dir"))
                .option(
                        Option.value("blob-dir", "blob-dir", "Directory that has the data blobs")
                                .shortName('D'))
                .options(BlobSources.backendOptions("blob-dir", "config"))
                .option(
                        // compat: the original takes it and does nothing with it.
                        Option.value("blob", "blob", "Accepted, has no effect").shortName('b'))
                .option(
                        Option.value(
                                        "output-bootstrap",
                                        "output-bootstrap",
                                        "File path of the new bootstrap")
                                .shortName('O')
                                .defaultValue("optimized_bootstrap"))
                .option(
                        Option.value(
                                        "output-blob-dir",
                                        "output-blob-dir",
                                        "Directory for the blob with the prefetch files")
                                .require())
                .option(ImageFlags.outputJson())
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) {
        var file = Path.of(line.get("bootstrap"));
        var output = Path.of(line.get("output-bootstrap"));
        var directory = Path.of(line.get("output-blob-dir"));
        var json = new OutputJson();
        try (var arena = Arena.ofShared();
                var blobs =
                        BlobSources.of(line, context, file, "backend-type", "blob-dir", "config")
                                .orElseThrow(
                                        () ->
                                                new UsageException(
                                                        "one of --blob-dir, --backend-type and"
                                                                + " --config is needed"))) {
            var image = BootstrapFile.open(file, arena);
            var optimized =
                    ImageOptimizer.optimize(
                            image,
                            blobs.named(image),
                            prefetchFiles(Path.of(line.get("prefetch-files"))),
                            blobs::open,
                            build -> BlobTarget.write(directory, build));
            if (optimized.isEmpty()) {
                context.err().println("optimize: nothing to do for " + file);
                return 0;
            }
            var made = optimized.get();
            json.step("total_build");
            json.save(line, BootstrapFile.write(output, made.bootstrap()), made);
            LOG.info(
                    "separated {} chunks into blob {}, new bootstrap {}",
                    made.blobs().getLast().chunkCount(),
                    made.blobs().getLast().id(),
                    output);
            return 0;
        }
    }

    private static List<PrefetchFile> prefetchFiles(Path file) {
        try {
            return PrefetchFile.parse(file.toString(), Files.readAllBytes(file));
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND,
                    IoReason.after("cannot read prefetch files " + file, e),
                    e);
        }
    }
}
