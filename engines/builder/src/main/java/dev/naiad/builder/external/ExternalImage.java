package dev.naiad.builder.external;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.directory.DirectoryScanner;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.rafs.BlobInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Builds the second image of a directory: the files that are in existing blobs, each at its place
 * in one of them. No data is read and none is written. docs/formats/blob.md#external
 */
public final class ExternalImage {
    private final Attributes attributes;
    private final BuildOptions options;
    private final ExternalBlobs blobs;
    private final FileTree result = new FileTree();
    private final Map<InodeData, InodeData> linked = new HashMap<>();

    private ExternalImage(Attributes attributes, BuildOptions options) {
        this.attributes = attributes;
        this.options = options;
        this.blobs = new ExternalBlobs(attributes.name(), options);
    }

    /** What was built. */
    @SuppressWarnings("ArrayRecordComponent") // handed over
    public record Built(byte[] bootstrap, List<BlobInfo> blobs) {}

    /**
     * Builds it.
     *
     * @param attributes name external files
     * @param inlined the bootstrap will be at the end of a blob
     * @throws NaiadException naming what does not fit
     */
    public static Built build(
            Path directory, BuildOptions options, Attributes attributes, boolean inlined) {
        return new ExternalImage(attributes, options).run(directory, inlined);
    }

    private Built run(Path directory, boolean inlined) {
        int chunkSize = attributes.external().getFirst().chunkSize();
        var source = new DirectoryScanner(chunkSize, options.explicitOwners()).scan(directory);
        attributes.ignore(source);
        result.setRoot(source.root().inode());
        for (var file : attributes.external()) {
            if (file.chunkSize() != chunkSize) {
                throw wrong(
                        file
                                + " has chunks of "
                                + file.chunkSize()
                                + " bytes, others of "
                                + chunkSize
                                + ": one image has one chunk size");
            }
            var entry = source.find(file.path().getBytes(StandardCharsets.UTF_8));
            if (entry == null || !entry.inode().isRegular()) {
                throw wrong(
                        file
                                + ": the source has no such file; an empty one with file_size=… will do");
            }
            add(entry, file);
        }
        return blobs.write(result, chunkSize, inlined);
    }

    private NaiadException wrong(String what) {
        return new NaiadException(ErrorKind.INVALID_ARGUMENT, attributes.name() + ": " + what);
    }

    private void add(TreeEntry entry, Attribute.External file) {
        var data = linked.get(entry.inode());
        if (data == null) {
            long size = file.fileSize() >= 0 ? file.fileSize() : entry.inode().size();
            if (size > file.blobSize() - file.offset()) {
                throw wrong(
                        file
                                + ": "
                                + size
                                + " bytes do not lie inside the "
                                + file.blobSize()
                                + " bytes of the blob");
            }
            data = entry.inode().copy().size(size).chunks(blobs.chunks(file, size));
            linked.put(entry.inode(), data);
        }
        directory(entry.parent()).put(entry.name(), data);
    }

    /** The same directory in the external tree. */
    private TreeEntry directory(@org.jspecify.annotations.Nullable TreeEntry source) {
        if (source == null || source.parent() == null) {
            return result.root();
        }
        var parent = directory(source.parent());
        var present = parent.child(source.name());
        return present != null ? present : parent.put(source.name(), source.inode());
    }
}
