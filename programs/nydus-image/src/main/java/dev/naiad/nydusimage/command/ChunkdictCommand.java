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
import dev.naiad.builder.MergedImage;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.builder.dictionary.ChunkDictionaryMaker;
import dev.naiad.builder.dictionary.DictionarySource;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;

/** {@code nydus-image chunkdict generate}: what images have in common becomes a dictionary. */
public final class ChunkdictCommand implements ImageCommand {
    private static final String GENERATE = "generate";
    private static final String SQLITE = "sqlite://";

    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(
                        Style.CLAP, "chunkdict", "(experimental)Work on chunk dictionaries")
                .command(generate())
                .build();
    }

    private static CommandSpec generate() {
        return CommandSpec.builder(
                        Style.CLAP, GENERATE, "Generate a chunk dictionary from several images")
                .positional(Positional.rest("SOURCE", "bootstrap paths (allow one or more)"))
                .option(
                        // compat: the original keeps what it reads there and reads it again the
                        // next time; here every run reads its sources only.
                        Option.value(
                                        "database",
                                        "database",
                                        "Checked and not used: no database is kept")
                                .defaultValue("sqlite:///home/runner/output/database.db"))
                .option(
                        Option.value("bootstrap", "bootstrap", "Output path of the dictionary")
                                .shortName('B'))
                .option(
                        Option.value(
                                        "blob-dir",
                                        "blob-dir",
                                        "Directory for the dictionary under its digest, without --bootstrap")
                                .shortName('D'))
                .option(ImageFlags.prefetchPolicy())
                .option(ImageFlags.config())
                .option(ImageFlags.outputJson())
                .option(Option.flag("verbose", "Output the blobs of the dictionary").shortName('v'))
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) {
        var command = line.command();
        if (command.isEmpty()) {
            context.out().println(line.help(List.of("nydus-image")));
            return 0;
        }
        return generate(context, command.get());
    }

    private static int generate(ProgramContext context, CommandLine line) {
        var json = new OutputJson();
        if (line.arguments().isEmpty()) {
            throw new UsageException(
                    "the following required arguments were not provided:\n  <SOURCE>...");
        }
        if (!line.given("bootstrap") && !line.given("blob-dir")) {
            throw new UsageException("one of --bootstrap and --blob-dir is needed");
        }
        checkDatabase(line.get("database"));
        if (line.given("config")) {
            StorageConfig.of(Path.of(line.get("config")));
        }
        var policy = PrefetchPolicy.ofWord(line.get("prefetch-policy")).orElse(PrefetchPolicy.NONE);
        var patterns = PrefetchPatterns.read(context.in(), policy);
        var sources = line.arguments().stream().map(argument -> source(Path.of(argument))).toList();
        MergedImage made =
                ChunkDictionaryMaker.make(
                        sources, policy == PrefetchPolicy.FS ? patterns : List.of());
        json.step("import_chunk_dict");
        json.save(line, BootstrapFile.write(line, made.bootstrap()), made);
        if (line.flag("verbose")) {
            made.blobs().forEach(blob -> context.out().println(CheckCommand.blobLine(blob)));
        }
        return 0;
    }

    private static void checkDatabase(String url) {
        String path = url.startsWith(SQLITE) ? url.substring(SQLITE.length()) : "";
        if (!path.startsWith("/") && !path.equals(":memory:")) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "--database "
                            + url
                            + " is neither sqlite:///PATH nor sqlite://:memory:; leave it out, no"
                            + " database is kept");
        }
    }

    /** Name and version of an image stand in the name of the directory: {@code …:name:version}. */
    private static DictionarySource source(Path file) {
        var directory = file.toAbsolutePath().normalize().getParent();
        String name = directory == null ? "" : String.valueOf(directory.getFileName());
        int version = name.lastIndexOf(':');
        String image = version < 0 ? name : name.substring(0, version);
        return new DictionarySource(
                image.substring(image.lastIndexOf(':') + 1),
                version < 0 ? "" : name.substring(version + 1),
                file.toString(),
                use -> {
                    try (var arena = Arena.ofShared()) {
                        use.accept(BootstrapFile.open(file, arena));
                    }
                });
    }
}
