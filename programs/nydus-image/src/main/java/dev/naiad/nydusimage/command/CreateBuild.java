package dev.naiad.nydusimage.command;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.external.Attributes;
import dev.naiad.builder.tarfs.TarfsBuilder;
import dev.naiad.nydusimage.files.OutputFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The build that a command line of {@code nydus-image create} asks for. */
record CreateBuild(
        CommandLine line,
        ConversionType type,
        Path source,
        BuildOptions options,
        Attributes attributes) {
    /** Builds, and puts the blob, if there is one, where it belongs. */
    BuiltLayer run() {
        return switch (type) {
            case ESTARGZ_TOC_TO_REF -> fromStargzToc();
            case TAR_TO_TARFS -> open(tar -> TarfsBuilder.build(source.toString(), tar, options));
            case DIRECTORY_TO_RAFS,
                    TAR_TO_RAFS,
                    TAR_GZ_TO_RAFS,
                    ESTARGZ_TO_RAFS,
                    TAR_GZ_TO_REF,
                    ESTARGZ_TO_REF ->
                    line.given("blob-cache-dir") ? cacheFiles() : blob(target());
        };
    }

    private BlobTarget target() {
        return line.find("blob")
                .map(BlobTarget::file)
                .orElseGet(() -> BlobTarget.in(Path.of(line.get("blob-dir"))));
    }

    private BuiltLayer blob(BlobTarget target) {
        try (target) {
            var built = build(target);
            target.commit(built, id(built));
            return built;
        }
    }

    /** The name of what was written: where data stays in its layer, that of what describes it. */
    private String id(BuiltLayer built) {
        String chosen = options.blobId();
        return chosen == null || type.isReference() ? built.digest().hex() : chosen;
    }

    /** A blob that is taken apart again into what a daemon would make of it. */
    private BuiltLayer cacheFiles() {
        var directory = Path.of(line.get("blob-cache-dir"));
        try (var target = BlobTarget.in(directory)) {
            var built = build(target);
            target.complete();
            BlobCacheWriter.write(directory, built, id(built), target.path());
            return built;
        }
    }

    private BuiltLayer build(BlobTarget target) {
        try (var arena = Arena.ofShared()) {
            var known = known(arena);
            return switch (type) {
                case DIRECTORY_TO_RAFS ->
                        LayerBuilder.fromDirectory(
                                directory(), options, known, attributes::removeFrom, target);
                case TAR_GZ_TO_REF, ESTARGZ_TO_REF ->
                        open(
                                tar ->
                                        LayerBuilder.fromReference(
                                                source.toString(), tar, options, known, target));
                case TAR_TO_RAFS, TAR_GZ_TO_RAFS, ESTARGZ_TO_RAFS ->
                        open(
                                tar ->
                                        LayerBuilder.fromTar(
                                                source.toString(), tar, options, known, target));
                case ESTARGZ_TOC_TO_REF, TAR_TO_TARFS ->
                        throw new IllegalStateException(type + " writes no blob");
            };
        }
    }

    private KnownImages known(Arena arena) {
        return new KnownImages(
                MergeCommand.optional(line, "parent-bootstrap", arena),
                MergeCommand.dictionary(line, arena));
    }

    private Path directory() {
        if (!Files.isDirectory(source)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "source " + source + " is not a directory; use --type tar-rafs for a tar file");
        }
        return source;
    }

    /** What an eStargz layer's own table of contents says of it; its data are not at hand. */
    private BuiltLayer fromStargzToc() {
        String id = ReferenceRules.layerId(line);
        long size = ReferenceRules.layerSize(line);
        byte[] json = open(toc -> Channels.newInputStream(toc).readAllBytes());
        try (var arena = Arena.ofShared()) {
            var built =
                    LayerBuilder.fromStargzToc(
                            source.toString(), json, id, size, options, known(arena));
            line.find("blob-meta")
                    .ifPresent(file -> OutputFile.write(Path.of(file), built.blobMeta()));
            return built;
        }
    }

    private interface Reader<T> {
        T read(ReadableByteChannel source) throws IOException;
    }

    private <T> T open(Reader<T> reader) {
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
}
