package dev.naiad.nydusimage.command;

import dev.naiad.base.bytes.Hex;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The sources of a merge, each with what the lists of the command line say about it: every list has
 * one element for each source.
 */
final class MergeLayers {
    private static final int TOC_UNIT = 128;
    private static final int LEAST_TOC = 512;
    private static final int LARGEST_TOC = 65536;

    private final int sources;
    private final List<String> digests;
    private final List<String> ids;
    private final List<String> sizes;
    private final List<String> tocDigests;
    private final List<String> tocSizes;
    private final Set<String> dictionary;

    private MergeLayers(CommandLine line, Set<String> dictionary) {
        this.sources = line.arguments().size();
        this.digests = list(line, "blob-digests");
        this.ids = list(line, "original-blob-ids");
        this.sizes = list(line, "blob-sizes");
        this.tocDigests = list(line, "blob-toc-digests");
        this.tocSizes = list(line, "blob-toc-sizes");
        this.dictionary = dictionary;
        digests.forEach(digest -> hex("blob-digests", digest));
        tocDigests.forEach(digest -> hex("blob-toc-digests", digest));
        sizes.forEach(size -> number("blob-sizes", size, BlobLimits.MAX_COMPRESSED_SIZE));
        tocSizes.forEach(MergeLayers::checkTocSize);
    }

    /** Reads the bootstraps; a source may be the blob that its bootstrap lies in. */
    static List<LayerBootstrap> read(CommandLine line, ProgramContext context, Arena arena) {
        var dictionary = MergeCommand.dictionary(line, arena);
        Set<String> known =
                dictionary == null
                        ? Set.of()
                        : dictionary.blobs().stream().map(BlobInfo::id).collect(Collectors.toSet());
        var layers = new MergeLayers(line, known);
        var first = Path.of(line.arguments().getFirst());
        var config = BlobSources.of(line, context, first, "config");
        try {
            var result = new ArrayList<LayerBootstrap>();
            for (int i = 0; i < layers.sources; i++) {
                result.add(layers.read(i, Path.of(line.arguments().get(i)), config, arena));
            }
            return result;
        } finally {
            config.ifPresent(BlobSources::close);
        }
    }

    private LayerBootstrap read(int i, Path file, Optional<BlobSources> config, Arena arena) {
        var bytes = ImageFile.bytes(file, arena, config);
        var blobs = BootstrapReader.open(bytes, file.toString()).blobs();
        boolean separate = blobs.stream().anyMatch(blob -> blob.has(BlobFeatures.SEPARATE));
        @Nullable String digest = digests.isEmpty() ? null : digests.get(i);
        String id = id(i, file, blobs, config.isPresent());
        if (digest != null && !separate) {
            id = digest;
        }
        long size = sizes.isEmpty() ? -1 : number("blob-sizes", sizes.get(i), Long.MAX_VALUE);
        if (size < 0 && !separate && !blobs.isEmpty() && config.isPresent()) {
            // A bootstrap inside its blob cannot know how long the blob became.
            size = config.get().open(id).size();
        }
        return new LayerBootstrap(
                file.toString(),
                id,
                bytes,
                separate ? digest : null,
                size,
                tocDigests.isEmpty() ? null : tocDigests.get(i),
                tocSizes.isEmpty() ? -1 : Long.parseLong(tocSizes.get(i)));
    }

    private String id(int i, Path file, List<BlobInfo> blobs, boolean accessible) {
        if (accessible) {
            for (var blob : blobs) {
                if (!dictionary.contains(blob.id()) && !blob.hasPlaceholderId()) {
                    return blob.id();
                }
            }
        }
        return ids.isEmpty() ? BootstrapFile.blobId(file) : ids.get(i);
    }

    private List<String> list(CommandLine line, String option) {
        var values = line.given(option) ? line.all(option) : List.<String>of();
        if (!values.isEmpty() && values.size() != sources) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "number of --"
                            + option
                            + " is "
                            + values.size()
                            + ", but there are "
                            + sources
                            + " source bootstraps");
        }
        return values;
    }

    private static void checkTocSize(String text) {
        long size = number("blob-toc-sizes", text, LARGEST_TOC);
        if (size != 0 && (size < LEAST_TOC || size % TOC_UNIT != 0)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "--blob-toc-sizes: "
                            + text
                            + " is not a size of a table of contents: 0, or 512 to 65536 in steps of"
                            + " 128");
        }
    }

    private static long number(String option, String text, long limit) {
        long value = -1;
        try {
            value = Long.parseLong(text);
        } catch (NumberFormatException e) {
            // Said below.
        }
        if (value < 0 || value > limit) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "--" + option + ": \"" + text + "\" is not a number from 0 to " + limit);
        }
        return value;
    }

    private static void hex(String option, String text) {
        if (!Hex.isLowerHex(text, 64)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "--" + option + ": \"" + text + "\" is not a digest of 64 hexadecimal digits");
        }
    }
}
