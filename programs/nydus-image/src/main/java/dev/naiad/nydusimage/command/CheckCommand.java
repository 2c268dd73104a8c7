package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.builder.BlobCheck;
import dev.naiad.builder.ImageCheck;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code nydus-image check}: reads a bootstrap completely and says what blobs it needs. */
public final class CheckCommand implements ImageCommand {
    private static final Logger LOG = LoggerFactory.getLogger(CheckCommand.class);

    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(Style.CLAP, "check", "Validate RAFS filesystem metadata")
                .positional(ImageFlags.bootstrap())
                .option(ImageFlags.deprecatedBootstrap())
                .option(ImageFlags.blobDir().conflictsWith("config"))
                .option(ImageFlags.config())
                .option(Option.flag("verbose", "Output message in verbose mode").shortName('v'))
                .option(
                        Option.flag(
                                "verify-data",
                                "Read every chunk of the data blobs and check it, with --blob-dir or --config"))
                .option(ImageFlags.outputJson())
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) {
        var out = context.out();
        var file = bootstrap(line);
        try (var arena = Arena.ofShared();
                var image = ImageFile.open(line, context, file, arena)) {
            ImageCheck.check(image.bootstrap());
            if (line.flag("verify-data")) {
                verify(image);
            }
            if (line.flag("verbose")) {
                CheckListing.print(image.bootstrap(), out);
            }
            // compat: the old way to name the bootstrap does not look for better ids.
            var blobs = line.given("bootstrap") ? image.bootstrap().blobs() : image.blobs();
            out.println("RAFS filesystem metadata is valid, referenced data blobs: ");
            blobs.forEach(blob -> out.println(blobLine(blob)));
            line.find("output-json")
                    .ifPresent(
                            json ->
                                    OutputJson.write(
                                            Path.of(json),
                                            new OutputJson()
                                                    .compact(
                                                            file.toString(),
                                                            blobs.stream()
                                                                    .map(BlobInfo::id)
                                                                    .toList(),
                                                            image.bootstrap().version().word(),
                                                            image.bootstrap()
                                                                    .compressor()
                                                                    .word())));
        }
        return 0;
    }

    private static void verify(ImageFile image) {
        var sources =
                image.sources()
                        .orElseThrow(
                                () ->
                                        new UsageException(
                                                "--verify-data needs --blob-dir or --config"));
        for (var blob : image.blobs()) {
            int chunks = BlobCheck.check(image.bootstrap(), blob, sources::open);
            if (blob.has(BlobFeatures.TARFS)) {
                LOG.info(
                        "blob {}: an archive of {} bytes; the image knows no digests of it",
                        blob.id(),
                        blob.compressedSize());
            } else {
                LOG.info("blob {}: {} chunks are right", blob.id(), chunks);
            }
        }
    }

    /** The bootstrap is an argument or, as in old scripts, an option. */
    static Path bootstrap(CommandLine line) {
        var argument = line.argument(0);
        if (argument.isPresent() && line.given("bootstrap")) {
            throw new UsageException(
                    "the argument '[BOOTSTRAP]' cannot be used with '--bootstrap <bootstrap>'");
        }
        return Path.of(
                argument.or(() -> line.find("bootstrap"))
                        .orElseThrow(() -> new UsageException("a bootstrap file is needed")));
    }

    static String blobLine(BlobInfo blob) {
        return "\t "
                + blob.index()
                + ": "
                + blob.id()
                + ", compressed size "
                + blob.compressedSize()
                + ", uncompressed size "
                + blob.uncompressedSize()
                + ", chunk size: "
                + blob.chunkSize()
                + ", chunk count: "
                + blob.chunkCount()
                + ", features: "
                + blob.features().words();
    }
}
