package dev.naiad.convert.image;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.ImageUnpacker;
import dev.naiad.linux.FdSource;
import dev.naiad.rafs.BlobInfo;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;

/** {@code nydus-image unpack}: an image becomes a tar archive. */
public final class UnpackCommand implements ImageCommand {
    @Override
    public CommandSpec spec() {
        return CommandSpec.builder(Style.CLAP, "unpack", "Unpack a RAFS filesystem to a tar file")
                .positional(Positional.optional("BOOTSTRAP", "File path of RAFS metadata"))
                .option(
                        Option.value(
                                        "bootstrap",
                                        "bootstrap",
                                        "[Deprecated] File path of RAFS meta blob/bootstrap")
                                .shortName('B'))
                .option(Option.value("backend-type", "backend-type", "Type of backend"))
                .option(
                        Option.value(
                                "backend-config", "backend-config", "Config string of backend"))
                .option(
                        Option.value(
                                "backend-config-file",
                                "backend-config-file",
                                "Config file of backend"))
                .option(
                        Option.value("blob", "blob", "path to RAFS data blob file")
                                .shortName('b')
                                .conflictsWith("blob-dir"))
                .option(
                        Option.value(
                                        "blob-dir",
                                        "blob-dir",
                                        "Directory path to save generated RAFS metadata and data blobs")
                                .shortName('D'))
                .option(Option.value("output", "output", "path for output tar file").require())
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) throws IOException {
        if (line.given("backend-type")) {
            throw new NaiadException(
                    ErrorKind.UNIMPLEMENTED,
                    "unpack: --backend-type is not supported yet; fetch the blobs and use --blob-dir");
        }
        if (!line.given("blob") && !line.given("blob-dir")) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "one of --blob, --blob-dir or --backend-type must be specified");
        }
        var file = CheckCommand.bootstrap(line);
        var output = line.get("output");
        var open = new ArrayList<FdSource>();
        try (var arena = Arena.ofShared();
                var out =
                        new BufferedOutputStream(Files.newOutputStream(Path.of(output)), 1 << 16)) {
            var image = BootstrapFile.open(file, arena);
            ImageUnpacker.unpack(
                    image,
                    blob -> {
                        var source = FdSource.open(path(line, file, blob));
                        open.add(source);
                        return source;
                    },
                    out,
                    output);
        } finally {
            open.forEach(FdSource::close);
        }
        return 0;
    }

    private static Path path(CommandLine line, Path bootstrap, BlobInfo blob) {
        if (line.given("blob")) {
            return Path.of(line.get("blob"));
        }
        String id = blob.hasPlaceholderId() ? BootstrapFile.blobId(bootstrap) : blob.id();
        return Path.of(line.get("blob-dir")).resolve(id);
    }
}
