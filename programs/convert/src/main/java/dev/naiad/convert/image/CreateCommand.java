package dev.naiad.convert.image;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.CommandSpec;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.codec.digest.Blake3Kernels;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code nydus-image create}: a layer becomes a blob and a bootstrap. */
public final class CreateCommand implements ImageCommand {
    private static final Logger log = LoggerFactory.getLogger(CreateCommand.class);

    @Override
    public CommandSpec spec() {
        return CreateSpec.create();
    }

    @Override
    public int run(ProgramContext context, CommandLine line) {
        var json = new OutputJson();
        Blake3Kernels.enableVectors();
        var type = ConversionType.ofWord(line.get("type"));
        CreateOptions.refuseUnsupported(line, type);
        var policy = PrefetchPolicy.ofWord(line.get("prefetch-policy")).orElse(PrefetchPolicy.NONE);
        var options =
                CreateOptions.read(line, type, PrefetchPatterns.read(context.in(), policy), policy);
        boolean bootstrapOnly = type == ConversionType.ESTARGZ_TOC_TO_REF;
        if (!bootstrapOnly && !line.given("blob") && !line.given("blob-dir")) {
            throw new UsageException(
                    "one of --blob and --blob-dir is needed for the data of --type " + type.word());
        }
        if (!line.given("bootstrap") && !line.given("blob-dir") && !line.flag("blob-inline-meta")) {
            throw new UsageException(
                    "--bootstrap is needed without --blob-dir or --blob-inline-meta");
        }
        var source = Path.of(line.argument(0).orElseThrow());
        var built =
                bootstrapOnly
                        ? fromStargzToc(line, source, options)
                        : build(line, type, source, options);
        json.step("total_build");
        json.event("blob_uncompressed_size", built.statistics().uncompressedSize());
        json.event("dedup_chunks", built.statistics().duplicateChunks());
        json.event("dedup_uncompressed_size", built.statistics().duplicateBytes());
        boolean inlined = line.flag("blob-inline-meta") && !bootstrapOnly;
        String bootstrap = inlined ? "" : writeBootstrap(line, built.bootstrap());
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

    private static BuiltLayer build(
            CommandLine line, ConversionType type, Path source, BuildOptions options) {
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
                        case DIRECTORY_TO_RAFS ->
                                LayerBuilder.fromDirectory(
                                        directory(source), options, known, target);
                        default ->
                                open(
                                        source,
                                        tar ->
                                                type.isReference()
                                                        ? LayerBuilder.fromReference(
                                                                source.toString(),
                                                                tar,
                                                                options,
                                                                known,
                                                                target)
                                                        : LayerBuilder.fromTar(
                                                                source.toString(),
                                                                tar,
                                                                options,
                                                                known,
                                                                target));
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

    /** What an eStargz layer's own table of contents says of it; its data are not at hand. */
    private static BuiltLayer fromStargzToc(CommandLine line, Path source, BuildOptions options) {
        String id = ReferenceRules.layerId(line);
        long size = ReferenceRules.layerSize(line);
        byte[] json = open(source, toc -> Channels.newInputStream(toc).readAllBytes());
        try (var arena = Arena.ofShared()) {
            var known =
                    new KnownImages(
                            MergeCommand.optional(line, "parent-bootstrap", arena),
                            MergeCommand.dictionary(line, arena));
            var built =
                    LayerBuilder.fromStargzToc(source.toString(), json, id, size, options, known);
            line.find("blob-meta").ifPresent(file -> writeFile(Path.of(file), built.blobMeta()));
            return built;
        }
    }

    private interface Reader<T> {
        T read(ReadableByteChannel source) throws IOException;
    }

    private static <T> T open(Path source, Reader<T> reader) {
        if (Files.isDirectory(source)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "source " + source + " is a directory; use --type dir-rafs");
        }
        try (var tar = FileChannel.open(source, StandardOpenOption.READ)) {
            return reader.read(tar);
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
