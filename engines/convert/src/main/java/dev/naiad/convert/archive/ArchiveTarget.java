package dev.naiad.convert.archive;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.PendingFile;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.push.BlobWriter;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.storage.SpooledBlob;
import dev.naiad.layers.PlainTar;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.MediaTypes;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongConsumer;

/**
 * An OCI layout in a tar. Blobs wait in the working directory; the tag brings them into the archive
 * in the order of their digests, so that the same image gives the same bytes. The archive appears
 * at once and complete, in place of an older one.
 */
public final class ArchiveTarget implements ImageTarget {
    private static final int BUFFER = 1 << 20;
    private static final int DIRECTORY_MODE = 0755;
    private static final int FILE_MODE = 0644;

    private final Path archive;
    private final String reference;
    private final WorkDir work;
    private final SortedMap<String, Path> blobs = new ConcurrentSkipListMap<>();

    /**
     * @param reference the image's name, which the archive tells
     */
    public ArchiveTarget(Path archive, String reference, WorkDir work) {
        this.archive = archive.toAbsolutePath();
        this.reference = reference;
        this.work = work;
    }

    @Override
    public String name() {
        return "archive " + archive;
    }

    @Override
    public void prepare() {
        Path parent = archive.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND, name() + ": there is no directory " + parent);
        }
        if (Files.isDirectory(archive) || !Files.isWritable(parent)) {
            throw new NaiadException(ErrorKind.PERMISSION_DENIED, name() + ": cannot be written");
        }
    }

    @Override
    public boolean hasBlob(Digest digest, Deadline deadline) {
        return blobs.containsKey(digest.hex());
    }

    @Override
    public boolean mount(Digest digest, ImageSource from, Deadline deadline) {
        return false;
    }

    @Override
    public void putBlob(Digest digest, byte[] bytes, Deadline deadline) {
        if (hasBlob(digest, deadline)) {
            return;
        }
        Path file = work.file("blob-");
        try {
            Files.write(file, bytes);
        } catch (IOException e) {
            throw WorkDir.failed(file, e);
        }
        blobs.put(digest.hex(), file);
    }

    @Override
    public BlobWriter writer(Deadline deadline, LongConsumer progress) {
        return new SpooledBlob(
                work.file("blob-"),
                progress,
                (digest, file) -> {
                    if (blobs.putIfAbsent(digest.hex(), file) != null) {
                        Files.deleteIfExists(file);
                    }
                });
    }

    @Override
    public void putManifest(String key, String mediaType, byte[] bytes, Deadline deadline) {
        Digest digest = Digest.sha256Of(bytes);
        putBlob(digest, bytes, deadline);
        if (key.startsWith("sha256:")) {
            return;
        }
        try {
            write(Descriptor.of(mediaType, digest, bytes.length));
        } catch (IOException e) {
            throw new NaiadException(
                    String.valueOf(e.getMessage()).contains("No space left")
                            ? ErrorKind.NO_SPACE
                            : ErrorKind.UNAVAILABLE,
                    IoReason.after(name(), e),
                    e);
        }
    }

    private void write(Descriptor root) throws IOException {
        try (var file = PendingFile.beside(archive, "rw-r--r--")) {
            var out = new BufferedOutputStream(Channels.newOutputStream(file.channel()), BUFFER);
            write(root, out);
            out.flush();
            file.replace(PendingFile.Sync.NONE);
        }
    }

    private void write(Descriptor root, OutputStream out) throws IOException {
        int colon = reference.lastIndexOf(':');
        String tag = colon > reference.lastIndexOf('/') ? reference.substring(colon + 1) : "latest";
        byte[] index =
                ImageIndex.of(
                                MediaTypes.OCI_INDEX,
                                List.of(
                                        root.withAnnotation("io.containerd.image.name", reference)
                                                .withAnnotation(
                                                        "org.opencontainers.image.ref.name", tag)))
                        .toJson();
        String layout =
                JsonWriter.compact().object().put("imageLayoutVersion", "1.0.0").end().toString();
        var tar = new PlainTar(out);
        tar.directory("blobs/", DIRECTORY_MODE);
        tar.directory("blobs/sha256/", DIRECTORY_MODE);
        for (var blob : blobs.entrySet()) {
            long size = Files.size(blob.getValue());
            tar.begin("blobs/sha256/" + blob.getKey(), FILE_MODE, size);
            Files.copy(blob.getValue(), out);
            tar.end(size);
        }
        tar.file("index.json", FILE_MODE, index);
        tar.file("oci-layout", FILE_MODE, layout.getBytes(StandardCharsets.UTF_8));
        tar.finish();
    }

    @Override
    public void close() {}
}
