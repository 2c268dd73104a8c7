package dev.naiad.convert.build;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.image.CreateCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify build}: a directory becomes a blob and a bootstrap in a directory. What it does
 * is {@code nydus-image create} in this process, so both give the same bytes.
 */
public final class BuildCommand {
    private static final Logger LOG = LoggerFactory.getLogger(BuildCommand.class);
    private static final String BLOB = ".blob";

    /** Flags of the original that need what is not built yet; using one is an error. */
    private static final List<String> NOT_YET =
            List.of("backend-push", "parent-bootstrap", "compact");

    private final ProgramContext context;

    public BuildCommand(ProgramContext context) {
        this.context = context;
    }

    public static CommandSpec spec() {
        return spec(
                CommandSpec.builder(Style.URFAVE, "build", "Build a Nydus image from a directory"));
    }

    /** The other name of the command. */
    public static CommandSpec alias() {
        return spec(CommandSpec.builder(Style.URFAVE, "pack", "The same as build").hidden());
    }

    private static CommandSpec spec(CommandSpec.Builder builder) {
        return builder.option(
                        Option.value("source-dir", "value", "Directory to build the image from")
                                .aliases("target-dir")
                                .env("SOURCE_DIR")
                                .require())
                .option(
                        Option.value("output-dir", "value", "Directory for the built files")
                                .shortName('o')
                                .env("OUTPUT_DIR")
                                .defaultValue("./.nydus-build-output"))
                .option(
                        Option.value("name", "value", "Base name of the built files")
                                .aliases("meta", "bootstrap")
                                .env("BOOTSTRAP", "IMAGE_NAME")
                                .require())
                .option(
                        Option.flag("backend-push", "Push the built files to a storage backend")
                                .env("BACKEND_PUSH"))
                .option(
                        Option.value("backend-type", "value", "Type of storage backend: oss, s3")
                                .env("BACKEND_TYPE")
                                .defaultValue("oss"))
                .option(
                        Option.value("backend-config", "value", "Json of the storage backend")
                                .env("BACKEND_CONFIG")
                                .conflictsWith("backend-config-file"))
                .option(
                        Option.value(
                                        "backend-config-file",
                                        "value",
                                        "Json file of the storage backend")
                                .env("BACKEND_CONFIG_FILE"))
                .option(
                        Option.value("chunk-dict", "value", "Chunk dictionary, bootstrap=PATH")
                                .env("CHUNK_DICT"))
                .option(
                        Option.value("parent-bootstrap", "value", "Bootstrap to build upon")
                                .env("PARENT_BOOTSTRAP"))
                .option(Option.flag("compact", "Compact the parent first").env("COMPACT"))
                .option(
                        Option.value("compact-config-file", "value", "How to compact")
                                .env("COMPACT_CONFIG_FILE"))
                .option(
                        Option.value("fs-version", "value", "Format version of RAFS: 5, 6")
                                .env("FS_VERSION")
                                .choices("5", "6")
                                .defaultValue("6"))
                .option(
                        Option.value("compressor", "value", "none, lz4_block, zstd")
                                .env("COMPRESSOR")
                                .choices("none", "lz4_block", "zstd")
                                .defaultValue("zstd"))
                .option(
                        Option.value("chunk-size", "value", "Size of chunks, a power of two")
                                .env("CHUNK_SIZE")
                                .defaultValue("0x100000"))
                .option(
                        Option.value("nydus-image", "value", "Not needed")
                                .env("NYDUS_IMAGE")
                                .defaultValue("nydus-image"))
                .build();
    }

    public int run(CommandLine line) throws IOException {
        for (String option : NOT_YET) {
            Optional<String> value = line.find(option).filter(text -> !text.isEmpty());
            if (value.isPresent() && !value.get().equals("false")) {
                throw new NaiadException(
                        ErrorKind.UNIMPLEMENTED, "build: --" + option + " is not supported yet");
            }
        }
        Path source = Path.of(line.get("source-dir"));
        Path output = Path.of(line.get("output-dir"));
        if (!Files.isDirectory(source)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "--source-dir " + source + " is not a directory");
        }
        String name = line.get("name");
        if (name.isEmpty() || !name.equals(String.valueOf(Path.of(name).getFileName()))) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "--name '" + name + "' is not a name of a file");
        }
        try {
            Files.createDirectories(output);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "cannot make --output-dir " + output + ": " + e, e);
        }
        if (output.toRealPath().startsWith(source.toRealPath())) {
            // The image would hold its own half-written blob.
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "--output-dir " + output + " lies in --source-dir " + source);
        }
        Path bootstrap = output.resolve(bootstrapName(name));
        Path blob = output.resolve(blobName(name));
        if (bootstrap.equals(blob)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "--name " + name + " is the name of the blob");
        }
        create(line, source, output, bootstrap, blob);
        boolean data = Files.size(blob) > 0;
        if (!data) {
            Files.delete(blob);
        }
        LOG.info(
                "successfully built Nydus image (bootstrap:'{}', blob:'{}')",
                bootstrap,
                data ? blob : "");
        return 0;
    }

    private void create(CommandLine line, Path source, Path output, Path bootstrap, Path blob)
            throws IOException {
        var create = new CreateCommand();
        var args =
                new ArrayList<>(
                        List.of(
                                "--bootstrap=" + bootstrap,
                                "--blob=" + blob,
                                "--output-json=" + output.resolve("output.json"),
                                "--whiteout-spec=oci",
                                "--fs-version=" + line.get("fs-version"),
                                "--compressor=" + line.get("compressor"),
                                "--chunk-size=" + line.get("chunk-size")));
        line.find("chunk-dict")
                .filter(text -> !text.isEmpty())
                .ifPresent(text -> args.add("--chunk-dict=" + text));
        args.add("--");
        args.add(source.toString());
        boolean done = false;
        try {
            done = create.run(context, create.spec().parseLine(args, context.env())) == 0;
        } finally {
            if (!done) {
                // Half a blob, or one without its bootstrap, helps nobody.
                Files.deleteIfExists(blob);
                Files.deleteIfExists(bootstrap);
            }
        }
    }

    /** A name without extension gets one. */
    static String bootstrapName(String name) {
        return name.lastIndexOf('.') < 0 ? name + ".meta" : name;
    }

    /** The extension, if there is one, gives way. */
    static String blobName(String name) {
        int dot = name.lastIndexOf('.');
        return (dot < 0 ? name : name.substring(0, dot)) + BLOB;
    }
}
