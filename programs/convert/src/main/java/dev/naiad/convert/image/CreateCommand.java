package dev.naiad.convert.image;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.Positional;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.Style;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.codec.digest.Blake3Kernels;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.RafsVersion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code nydus-image create}: a layer becomes a blob and a bootstrap. */
public final class CreateCommand implements ImageCommand {
    private static final Logger log = LoggerFactory.getLogger(CreateCommand.class);

    private static final String TYPES =
            "directory, dir-rafs, tar-rafs, targz-rafs, estargz-rafs, estargz-ref, estargztoc-ref, stargz_index, targz-ref,"
                    + " tar-tarfs";

    @Override
    public CommandSpec spec() {
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
                                .choices(TYPES.split(", ")))
                .option(
                        Option.value(
                                        "bootstrap",
                                        "bootstrap",
                                        "File path to save the generated RAFS metadata blob")
                                .shortName('B')
                                .conflictsWith("blob-inline-meta"))
                .option(
                        Option.value(
                                        "blob-dir",
                                        "blob-dir",
                                        "Directory path to save generated RAFS metadata and data blobs")
                                .shortName('D'))
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
                .option(
                        Option.value(
                                        "config",
                                        "config",
                                        "Configuration file for storage backend, cache and RAFS FUSE filesystem.")
                                .shortName('C'))
                .option(
                        Option.value("fs-version", "fs-version", "Set RAFS format version number:")
                                .shortName('v')
                                .defaultValue("6")
                                .choices("5", "6"))
                .option(
                        Option.value("features", "features", "Enable/disable features")
                                .choices("blob-toc")
                                .commaList())
                .option(
                        Option.value(
                                "chunk-dict",
                                "chunk-dict",
                                "File path of chunk dictionary for data deduplication"))
                .option(
                        Option.value(
                                "parent-bootstrap",
                                "parent-bootstrap",
                                "File path of the parent/referenced RAFS metadata blob (optional)"))
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
                .option(
                        Option.value(
                                        "prefetch-policy",
                                        "prefetch-policy",
                                        "Set data prefetch policy")
                                .defaultValue("none")
                                .choices("fs", "blob", "none"))
                .option(
                        Option.value(
                                        "output-json",
                                        "output-json",
                                        "File path to save operation result in JSON format")
                                .shortName('J'))
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
                .option(Option.value("attributes", "attributes", "Path to the attributes file"))
                .build();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) {
        var json = new OutputJson();
        Blake3Kernels.enableVectors();
        refuseUnsupported(line);
        var type = line.get("type");
        var policy = PrefetchPolicy.ofWord(line.get("prefetch-policy")).orElse(PrefetchPolicy.NONE);
        var options = options(line, PrefetchPatterns.read(context.in(), policy), policy);
        if (!line.given("blob") && !line.given("blob-dir")) {
            throw new UsageException(
                    "one of --blob and --blob-dir is needed for the data of --type " + type);
        }
        if (!line.given("bootstrap") && !line.given("blob-dir") && !line.flag("blob-inline-meta")) {
            throw new UsageException(
                    "--bootstrap is needed without --blob-dir or --blob-inline-meta");
        }
        var source = Path.of(line.argument(0).orElseThrow());
        var built = build(line, type, source, options);
        json.step("total_build");
        json.event("blob_uncompressed_size", built.statistics().uncompressedSize());
        json.event("dedup_chunks", built.statistics().duplicateChunks());
        json.event("dedup_uncompressed_size", built.statistics().duplicateBytes());
        String bootstrap =
                line.flag("blob-inline-meta") ? "" : writeBootstrap(line, built.bootstrap());
        var ids = blobIds(built);
        line.find("output-json")
                .ifPresent(
                        file ->
                                OutputJson.write(
                                        Path.of(file),
                                        json.pretty(
                                                bootstrap,
                                                ids,
                                                options.version().word(),
                                                options.compressor().word())));
        log.info(
                "Successfully built RAFS filesystem: \nmeta blob path: {}\ndata blob size: 0x{}\ndata blobs: {}",
                bootstrap.isEmpty() ? "<none>" : bootstrap,
                Long.toHexString(built.size()),
                ids);
        return 0;
    }

    private static List<String> blobIds(BuiltLayer built) {
        // compat: an inlined bootstrap cannot name its blob; what callers want is the digest of
        // what was written.
        return built.blobs().stream()
                .map(blob -> blob.hasPlaceholderId() ? built.digest().hex() : blob.id())
                .toList();
    }

    private static void refuseUnsupported(CommandLine line) {
        String type = line.get("type");
        switch (type) {
            case "targz-ref", "estargz-ref" ->
                    refuse("--type " + type, "use --type targz-rafs, which copies the data");
            case "estargztoc-ref", "stargz_index" ->
                    refuse("--type " + type, "use --type estargz-rafs on the layer itself");
            case "tar-tarfs" -> refuse("--type " + type, "use --type tar-rafs");
            default -> {}
        }
        if (number(line, "batch-size").orElse(0L) != 0) {
            refuse("--batch-size", "leave it out: chunks are then stored one by one");
        }
        if (line.flag("encrypt")) {
            refuse("--encrypt", "encrypt the blob layer with the registry's tools");
        }
        for (String option : List.of("blob-cache-dir", "attributes", "external-blob", "blob-id")) {
            if (line.given(option)) {
                refuse(
                        "--" + option,
                        "build without it, and merge layers with `nydus-image merge`");
            }
        }
        if (number(line, "blob-offset").orElse(0L) != 0) {
            refuse("--blob-offset", "leave it out");
        }
    }

    private static void refuse(String what, String remedy) {
        throw new NaiadException(
                ErrorKind.UNIMPLEMENTED, "create: " + what + " is not supported yet; " + remedy);
    }

    private static BuildOptions options(
            CommandLine line, List<String> patterns, PrefetchPolicy policy) {
        var version = line.get("fs-version").equals("5") ? RafsVersion.V5 : RafsVersion.V6;
        return BuildOptions.defaults()
                .withVersion(version)
                .withCompressor(Compressor.ofWord(line.get("compressor")).orElseThrow())
                .withDigester(Digester.ofWord(line.get("digester")).orElseThrow())
                .withChunkSize(chunkSize(line))
                .withWhiteouts(WhiteoutSpec.ofWord(line.get("whiteout-spec")).orElseThrow())
                .withInlineBootstrap(line.flag("blob-inline-meta"))
                .withToc(line.all("features").contains("blob-toc"))
                .withExplicitOwners(!line.flag("repeatable"))
                .withAligned(line.flag("aligned-chunk"))
                .withPrefetch(policy, patterns);
    }

    private static int chunkSize(CommandLine line) {
        long size = number(line, "chunk-size").orElse(0x100000L);
        if (size > Integer.MAX_VALUE) {
            throw new UsageException(
                    "--chunk-size "
                            + line.get("chunk-size")
                            + " is not a power of two from 0x1000 to 0x1000000");
        }
        return (int) size;
    }

    /** A decimal number, or a hexadecimal one with 0x. */
    static Optional<Long> number(CommandLine line, String option) {
        var text = line.find(option);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            String digits = text.get();
            return Optional.of(
                    digits.startsWith("0x") || digits.startsWith("0X")
                            ? Long.parseLong(digits.substring(2), 16)
                            : Long.parseLong(digits));
        } catch (NumberFormatException e) {
            throw new UsageException(
                    "invalid value '" + text.get() + "' for '--" + option + "': not a number");
        }
    }

    private static BuiltLayer build(
            CommandLine line, String type, Path source, BuildOptions options) {
        var target =
                line.find("blob")
                        .map(BlobTarget::file)
                        .orElseGet(() -> BlobTarget.in(Path.of(line.get("blob-dir"))));
        try (target;
                var arena = Arena.ofShared()) {
            var known =
                    new KnownImages(
                            MergeCommand.optional(line, "parent-bootstrap", arena),
                            MergeCommand.dictionary(line, arena));
            BuiltLayer built =
                    switch (type) {
                        case "dir-rafs", "directory" ->
                                LayerBuilder.fromDirectory(
                                        directory(source), options, known, target);
                        default -> fromTar(source, options, known, target);
                    };
            target.commit(built);
            return built;
        }
    }

    private static Path directory(Path source) {
        if (!Files.isDirectory(source)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "source " + source + " is not a directory; use --type tar-rafs for a tar file");
        }
        return source;
    }

    private static BuiltLayer fromTar(
            Path source, BuildOptions options, KnownImages known, WritableByteChannel target) {
        if (Files.isDirectory(source)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "source " + source + " is a directory; use --type dir-rafs");
        }
        try (var tar = FileChannel.open(source, StandardOpenOption.READ)) {
            return LayerBuilder.fromTar(source.toString(), tar, options, known, target);
        } catch (NoSuchFileException e) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND, "source " + source + " does not exist", e);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    "cannot read source " + source + ": " + e.getMessage(),
                    e);
        }
    }

    private static String writeBootstrap(CommandLine line, byte[] bootstrap) {
        Path path =
                line.find("bootstrap")
                        .map(Path::of)
                        .orElseGet(
                                () ->
                                        Path.of(line.get("blob-dir"))
                                                .resolve(Digest.sha256Of(bootstrap).hex()));
        writeFile(path, bootstrap);
        return path.toString();
    }

    static void writeFile(Path path, byte[] bytes) {
        try {
            Files.write(path, bytes);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    "cannot write bootstrap " + path + ": " + e.getMessage(),
                    e);
        }
    }
}
