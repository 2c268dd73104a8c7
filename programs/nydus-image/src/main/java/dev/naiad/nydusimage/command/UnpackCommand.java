package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.ImageUnpacker;
import dev.naiad.nydusimage.files.OutputFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Optional;

/** {@code nydus-image unpack}: an image becomes a tar archive. */
public final class UnpackCommand implements ImageCommand {
    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(Style.CLAP, "unpack", "Unpack a RAFS filesystem to a tar file")
                .positional(ImageFlags.bootstrap())
                .option(ImageFlags.deprecatedBootstrap())
                .options(BlobSources.backendOptions("blob", "blob-dir"))
                .option(
                        Option.value("blob", "blob", "path to RAFS data blob file")
                                .shortName('b')
                                .conflictsWith("blob-dir"))
                .option(ImageFlags.blobDir())
                .option(Option.value("output", "output", "path for output tar file").require())
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) throws IOException {
        var file = CheckCommand.bootstrap(line);
        var output = line.get("output");
        try (var arena = Arena.ofShared();
                var image =
                        ImageFile.open(file, arena, Optional.of(sources(context, line, file)))) {
            var blobs = image.sources().orElseThrow();
            // Opened last: what is wrong before leaves no empty archive.
            try (var archive = OutputFile.create(Path.of(output))) {
                var out = new BufferedOutputStream(archive.stream(), 1 << 16);
                ImageUnpacker.unpack(image.bootstrap(), blobs::open, out, output);
                out.flush();
                archive.commit();
            }
        }
        return 0;
    }

    private static BlobSources sources(ProgramContext context, CommandLine line, Path file) {
        return BlobSources.of(line, context, file, "backend-type", "blob", "blob-dir")
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.INVALID_ARGUMENT,
                                        "one of --blob, --blob-dir or --backend-type must be specified"));
    }
}
