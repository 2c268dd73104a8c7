package dev.naiad.builder.external;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.tar.EntryTree;
import dev.naiad.builder.tar.TarEntry;
import dev.naiad.builder.tar.TarReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Builds an image from plain archives that stay in place: each file is a range of one of them. Only
 * headers are read. docs/formats/blob.md#external
 */
public final class ExternalArchives {
    private static final int[] UNKNOWN = {};

    private final BuildOptions options;
    private final ExternalBlobs blobs;
    private final EntryTree tree;
    private int blobCount;

    /**
     * One of them.
     *
     * @param blobId under which its bytes are found
     * @param crcs known CRC-32C values of the chunks of files, by path; those that were cut
     *     otherwise do not count
     */
    public record Archive(String blobId, ByteSource bytes, Map<String, int[]> crcs) {
        public Archive {
            crcs = Map.copyOf(crcs);
        }
    }

    private ExternalArchives(String name, BuildOptions options) {
        this.options = options;
        this.blobs = new ExternalBlobs(name, options);
        this.tree = new EntryTree(name, options.explicitOwners(), false);
    }

    /**
     * Builds it.
     *
     * @param name of the whole, for errors
     * @param archives one over the other, the lowest first
     */
    public static ExternalImage.Built build(
            String name, List<Archive> archives, BuildOptions options) {
        var image = new ExternalArchives(name, options);
        archives.forEach(image::read);
        return image.blobs.write(image.tree.finish(), options.chunkSize(), false);
    }

    private void read(Archive archive) {
        var in = new HeaderInput(archive.bytes(), archive.bytes().name());
        var reader = new TarReader(in);
        int before = blobCount;
        for (var entry = reader.next(); entry != null; entry = reader.next()) {
            tree.add(entry, file -> chunks(archive, before, in, file));
        }
    }

    private int[] chunks(Archive archive, int index, HeaderInput in, TarEntry file) {
        if (file.sparse() != null) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    in.name()
                            + ": entry "
                            + file.text()
                            + ": a sparse file cannot be read from an archive as it is");
        }
        if (file.size() > archive.bytes().size() - in.consumed()) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    in.name() + ": entry " + file.text() + " goes beyond the archive's end");
        }
        if (file.size() == 0) {
            return UNKNOWN;
        }
        blobCount = index + 1;
        long count = (file.size() - 1) / options.chunkSize() + 1;
        int[] crcs = archive.crcs().getOrDefault(path(file), UNKNOWN);
        return blobs.chunks(
                new Attribute.External(
                        path(file),
                        index,
                        archive.blobId(),
                        options.chunkSize(),
                        in.consumed(),
                        archive.bytes().size(),
                        file.size(),
                        crcs.length == count ? crcs : UNKNOWN),
                file.size());
    }

    private static String path(TarEntry file) {
        String text = new String(file.path(), StandardCharsets.UTF_8);
        return text.startsWith("./") ? text.substring(2) : text;
    }
}
