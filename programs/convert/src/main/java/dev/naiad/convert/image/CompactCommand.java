package dev.naiad.convert.image;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.CompactOptions;
import dev.naiad.builder.ImageCompactor;
import dev.naiad.linux.FdSource;
import dev.naiad.rafs.BlobInfo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Set;

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
                .option(Option.value("backend-type", "backend-type", "Type of backend"))
                .option(Option.value("backend-config", "backend-config", "Config of backend"))
                .option(Option.value("backend-config-file", "backend-config-file", "Config file"))
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
        for (String option : new String[] {"backend-type", "chunk-dict"}) {
            if (line.given(option)) {
                throw new NaiadException(
                        ErrorKind.UNIMPLEMENTED,
                        "compact: --"
                                + option
                                + " is not supported yet; fetch the blobs into --blob-dir and"
                                + " compact without it");
            }
        }
        var file = Path.of(line.get("bootstrap"));
        var directory = Path.of(line.get("blob-dir"));
        var options =
                new CompactOptions(
                        (int) line.number("min-used-ratio"),
                        line.number("compact-blob-size"),
                        line.number("max-compact-size"),
                        (int) line.number("layers-to-compact"),
                        Set.of());
        var output = line.find("output-bootstrap").map(Path::of).orElseGet(() -> renamed(file));
        var open = new ArrayList<FdSource>();
        try (var arena = Arena.ofShared()) {
            var compacted =
                    ImageCompactor.compact(
                            BootstrapFile.open(file, arena),
                            options,
                            blob -> {
                                var source = FdSource.open(directory.resolve(blob.id()));
                                open.add(source);
                                return source;
                            },
                            build -> {
                                try (var target = BlobTarget.in(directory)) {
                                    target.commit(build.apply(target));
                                }
                            });
            if (compacted.isEmpty()) {
                context.err().println("compact: nothing to do for " + file);
                return 0;
            }
            var made = compacted.get();
            Files.write(output, made.bootstrap());
            line.find("output-json")
                    .ifPresent(
                            json ->
                                    OutputJson.write(
                                            Path.of(json),
                                            new OutputJson()
                                                    .pretty(
                                                            output.toString(),
                                                            made.blobs().stream()
                                                                    .map(BlobInfo::id)
                                                                    .toList(),
                                                            made.version().word(),
                                                            made.compressor().word())));
        } finally {
            open.forEach(FdSource::close);
        }
        return 0;
    }

    private static Path renamed(Path bootstrap) {
        String name = String.valueOf(bootstrap.getFileName());
        int dot = name.lastIndexOf('.');
        return bootstrap.resolveSibling(
                (dot > 0 ? name.substring(0, dot) : name) + ".bootstrap.compact");
    }
}
