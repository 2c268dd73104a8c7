package dev.naiad.convert.pull;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.NydusAnnotations;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Takes the bootstrap out of a bootstrap layer. */
public final class BootstrapArchive {
    private static final int BLOCK = 512;
    private static final int NAME_BYTES = 100;
    private static final int SIZE_OFFSET = 124;
    private static final int SIZE_BYTES = 12;
    private static final long MAX_BOOTSTRAP = 1L << 30;

    private BootstrapArchive() {}

    /** The bootstrap of a layer whose digest and diff id are right. */
    public static byte[] fetch(
            ImageSource source, Descriptor layer, Digest diffId, Deadline deadline) {
        try (var tar = LayerStream.open(source, layer, diffId, deadline, n -> {})) {
            Optional<byte[]> found = find(tar);
            tar.transferTo(
                    OutputStream.nullOutputStream()); // the end is where the digests are checked
            return found.orElseThrow(() -> missing(layer));
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "layer " + layer.digest() + ": " + e.getMessage(), e);
        }
    }

    /** The bootstrap of an image; a model's configuration has no diff ids. */
    public static byte[] fetch(ImageSource source, PlatformImage image, Deadline deadline) {
        Descriptor layer = image.manifest().layers().getLast();
        List<Digest> diffIds = image.config().diffIds();
        if (!diffIds.isEmpty()
                || !layer.annotations().containsKey(NydusAnnotations.ARTIFACT_TYPE)) {
            return fetch(source, layer, image.diffIds().getLast(), deadline);
        }
        String name = "layer " + layer.digest();
        try (var stored = LayerStream.raw(source, layer, deadline, n -> {});
                var tar = LayerStreams.open(stored, name)) {
            Optional<byte[]> found = find(tar);
            tar.transferTo(OutputStream.nullOutputStream());
            stored.transferTo(OutputStream.nullOutputStream());
            return found.orElseThrow(() -> missing(layer));
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, name + ": " + e.getMessage(), e);
        }
    }

    private static NaiadException missing(Descriptor layer) {
        return new NaiadException(
                ErrorKind.FAILED_PRECONDITION,
                "layer " + layer.digest() + ": holds no " + NydusAnnotations.BOOTSTRAP_PATH);
    }

    private static Optional<byte[]> find(InputStream tar) throws IOException {
        while (true) {
            byte[] header = tar.readNBytes(BLOCK);
            if (header.length < BLOCK || header[0] == 0) {
                return Optional.empty();
            }
            String name = text(header, 0, NAME_BYTES);
            long size = octal(text(header, SIZE_OFFSET, SIZE_BYTES).strip());
            long padded = (size + BLOCK - 1) / BLOCK * BLOCK;
            if (name.equals(NydusAnnotations.BOOTSTRAP_PATH)) {
                byte[] bytes = tar.readNBytes((int) size);
                if (bytes.length < size) {
                    throw new IOException(name + " ends early");
                }
                return Optional.of(bytes);
            }
            tar.skipNBytes(padded);
        }
    }

    private static String text(byte[] header, int offset, int length) {
        int end = offset;
        while (end < offset + length && header[end] != 0) {
            end++;
        }
        return new String(header, offset, end - offset, StandardCharsets.UTF_8);
    }

    private static long octal(String digits) throws IOException {
        try {
            long size = Long.parseLong(digits, 8);
            if (size < 0 || size > MAX_BOOTSTRAP) {
                throw new IOException("tar entry of " + size + " bytes");
            }
            return size;
        } catch (NumberFormatException e) {
            throw new IOException("tar header has no size", e);
        }
    }
}
