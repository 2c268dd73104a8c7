package dev.naiad.nydusify.build;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Style;
import dev.naiad.convert.remote.LocalFlags;

/** The flags of {@code nydusify build}. */
public final class BuildSpec {
    private BuildSpec() {}

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
                        Option.value(
                                        "backend-type",
                                        "value",
                                        "Type of storage backend: oss, s3, localfs")
                                .env("BACKEND_TYPE")
                                .choices("oss", "s3", "localfs")
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
                .option(LocalFlags.unusedNydusImage())
                .build();
    }
}
