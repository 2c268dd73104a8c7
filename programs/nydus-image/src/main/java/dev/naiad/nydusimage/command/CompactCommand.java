package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.builder.rewrite.CompactOptions;
import dev.naiad.builder.rewrite.ImageCompactor;
import dev.naiad.rafs.BlobInfo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code nydus-image compact}: an image gets fewer and smaller blobs. */
public final class CompactCommand implements ImageCommand {
    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP, "compact", "(experimental)Compact specific nydus image")
                .option(
                        Option.value("bootstrap", "bootstrap", "Bootstrap to compact")
                                .shortName('B')
                                .require())
                .options(BlobSources.backendOptions())
                .option(
                        Option.value("blob-dir", "blob-dir", "Directory of old and new blobs")
                                .shortName('D')
                                .require())
                .option(
                        Option.number(
                                        "min-used-ratio",
                                        "min-used-ratio",
                                        "Rebuild blobs of which a smaller share is used, 0 disables",
                                        0,
                                        99)
                                .defaultValue("0"))
                .option(
                        Option.number(
                                        "compact-blob-size",
                                        "compact-blob-size",
                                        "Blobs smaller than this are merged",
                                        0,
                                        Long.MAX_VALUE)
                                .defaultValue("10485760"))
                .option(
                        Option.number(
                                        "max-compact-size",
                                        "max-compact-size",
                                        "Upper size of a merged blob",
                                        0,
                                        Long.MAX_VALUE)
                                .defaultValue("104857600"))
                .option(
                        Option.number(
                                        "layers-to-compact",
                                        "layers-to-compact",
                                        "Act on so many blobs or more, 0 always",
                                        0,
                                        Integer.MAX_VALUE)
                                .defaultValue("0"))
                .option(Option.value("chunk-dict", "chunk-dict", "Chunk dictionary"))
                .option(
                        Option.value("output-bootstrap", "output-bootstrap", "New bootstrap")
                                .shortName('O'))
                .option(
                        Option.value("output-json", "output-json", "JSON of the result")
                                .shortName('J'))
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) throws IOException {
        var file = Path.of(line.get("bootstrap"));
        var directory = Path.of(line.get("blob-dir"));
        var output = line.find("output-bootstrap").map(Path::of).orElseGet(() -> renamed(file));
        var json = new OutputJson();
        try (var arena = Arena.ofShared();
                var blobs =
                        BlobSources.of(line, context, file, "blob-dir", "backend-type")
                                .orElseThrow()) {
            var image = BootstrapFile.open(file, arena);
            var compacted =
                    ImageCompactor.compact(
                            image,
                            blobs.named(image),
                            options(line, arena),
                            blobs::open,
                            build -> BlobTarget.write(directory, build));
            if (compacted.isEmpty()) {
                context.err().println("compact: nothing to do for " + file);
                return 0;
            }
            json.step("total_build");
            json.save(
                    line,
                    BootstrapFile.write(output, compacted.get().bootstrap()),
                    compacted.get());
        }
        return 0;
    }

    private static CompactOptions options(CommandLine line, Arena arena) {
        var dictionary = MergeCommand.dictionary(line, arena);
        return new CompactOptions(
                (int) line.number("min-used-ratio"),
                line.number("compact-blob-size"),
                line.number("max-compact-size"),
                (int) line.number("layers-to-compact"),
                dictionary == null
                        ? Set.of()
                        : dictionary.blobs().stream()
                                .map(BlobInfo::id)
                                .collect(Collectors.toSet()));
    }

    private static Path renamed(Path bootstrap) {
        String name = String.valueOf(bootstrap.getFileName());
        int dot = name.lastIndexOf('.');
        return bootstrap.resolveSibling(
                (dot > 0 ? name.substring(0, dot) : name) + ".bootstrap.compact");
    }
}
