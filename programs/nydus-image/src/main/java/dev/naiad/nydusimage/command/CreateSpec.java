package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.Style;

/** The command line of {@code nydus-image create}, as scripts know it. */
final class CreateSpec {
    private CreateSpec() {}

    static CommandSpec create() {
        return CommandSpec.builder(
                        Style.CLAP,
                        "create",
                        "Create RAFS filesystems from directories, tar files or OCI images")
                .positional(
                        Positional.required("SOURCE", "source to build the RAFS filesystem from"))
                .option(
                        Option.value("type", "type", "Conversion type:")
                                .shortName('t')
                                .aliases("source-type")
                                .defaultValue("dir-rafs")
                                .choices(ConversionType.words()))
                .option(
                        Option.value(
                                        "bootstrap",
                                        "bootstrap",
                                        "File path to save the generated RAFS metadata blob")
                                .shortName('B')
                                .conflictsWith("blob-inline-meta"))
                .option(ImageFlags.blobDir())
                .option(
                        Option.value(
                                        "blob",
                                        "blob",
                                        "File path to save the generated RAFS data blob")
                                .shortName('b'))
                .option(
                        Option.value(
                                "external-blob",
                                "external-blob",
                                "File path to save the generated RAFS external data blob"))
                .option(
                        Option.flag(
                                        "blob-inline-meta",
                                        "Inline RAFS metadata and blob metadata into the data blob")
                                .aliases("inline-bootstrap")
                                .conflictsWith("blob-id"))
                .option(
                        Option.value(
                                "blob-id",
                                "blob-id",
                                "OSS object id for the generated RAFS data blob"))
                .option(
                        Option.value(
                                "blob-data-size",
                                "blob-data-size",
                                "Set data blob size for 'estargztoc-ref' conversion"))
                .option(
                        Option.value(
                                        "blob-offset",
                                        "blob-offset",
                                        "File offset to store RAFS data, to support storing data blobs into tar files")
                                .defaultValue("0")
                                .hide())
                .option(
                        Option.value(
                                "chunk-size",
                                "chunk-size",
                                "Set the size of data chunks, must be power of two and between 0x1000-0x1000000"))
                .option(
                        Option.value(
                                        "batch-size",
                                        "batch-size",
                                        "Set the batch size to merge small chunks, must be power of two, between 0x1000-0x1000000 or be zero")
                                .defaultValue("0"))
                .option(
                        Option.value(
                                        "compressor",
                                        "compressor",
                                        "Algorithm to compress data chunks:")
                                .defaultValue("zstd")
                                .choices("none", "lz4_block", "zstd"))
                .option(
                        Option.value("digester", "digester", "Algorithm to digest data chunks:")
                                .defaultValue("blake3")
                                .choices("blake3", "sha256"))
                .option(ImageFlags.config())
                .option(
                        Option.value("fs-version", "fs-version", "Set RAFS format version number:")
                                .shortName('v')
                                .defaultValue("6")
                                .choices("5", "6"))
                .option(
                        Option.value("features", "features", "Enable/disable features")
                                .choices("blob-toc")
                                .commaList())
                .option(ImageFlags.chunkDict())
                .option(ImageFlags.parentBootstrap())
                .option(
                        Option.flag(
                                "aligned-chunk",
                                "Align uncompressed data chunks to 4K, only for RAFS V5"))
                .option(Option.flag("repeatable", "Generate reproducible RAFS metadata"))
                .option(
                        Option.flag(
                                        "disable-check",
                                        "Disable to validate bootstrap file after building")
                                .hide())
                .option(
                        Option.value(
                                        "whiteout-spec",
                                        "whiteout-spec",
                                        "Set the type of whiteout specification:")
                                .defaultValue("oci")
                                .choices("oci", "overlayfs", "none"))
                .option(ImageFlags.prefetchPolicy())
                .option(ImageFlags.outputJson())
                .option(
                        Option.flag("encrypt", "Encrypt the generated RAFS metadata and data blobs")
                                .shortName('E'))
                .option(
                        Option.value(
                                        "blob-cache-dir",
                                        "blob-cache-dir",
                                        "Directory path to generate blob cache files ($id.blob.meta and $id.blob.data)")
                                .conflictsWith(
                                        "blob-inline-meta", "blob", "blob-dir", "compressor"))
                .option(
                        Option.value(
                                        "blob-meta",
                                        "blob-meta",
                                        "File path to save the blob metadata of an 'estargztoc-ref' conversion, in the form of nydusd's cache")
                                .hide())
                .option(Option.value("attributes", "attributes", "Path to the attributes file"))
                .build();
    }
}
