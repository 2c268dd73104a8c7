package dev.naiad.layers;

import dev.naiad.base.bytes.Digest;
import dev.naiad.oci.image.NydusAnnotations;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * The last layer of a Nydus image: a tar of the bootstrap and of the chunk tables, gzip-compressed.
 * Times and owners are zero, so equal bootstraps give equal layers.
 */
@SuppressWarnings("ArrayRecordComponent") // handed over
public record BootstrapLayer(byte[] gzip, Digest digest, Digest diffId) {
    private static final int MODE = 0444;

    /**
     * Packs.
     *
     * @param metas chunk tables by the blob id whose {@code .blob.meta} they are, in layer order
     */
    public static BootstrapLayer pack(byte[] bootstrap, Map<String, byte[]> metas) {
        return pack(bootstrap, metas, Map.of());
    }

    /**
     * The same with more files.
     *
     * @param files by path, in the order in which they come last
     */
    public static BootstrapLayer pack(
            byte[] bootstrap, Map<String, byte[]> metas, Map<String, byte[]> files) {
        var bytes = new ByteArrayOutputStream(bootstrap.length + (64 << 10));
        var packed = new ByteArrayOutputStream(bootstrap.length / 2 + 1024);
        byte[] plain;
        try {
            var tar = new PlainTar(bytes);
            tar.directory("image/", 0755);
            tar.file(NydusAnnotations.BOOTSTRAP_PATH, MODE, bootstrap);
            for (var meta : metas.entrySet()) {
                tar.file("image/" + meta.getKey() + ".blob.meta", MODE, meta.getValue());
            }
            for (var file : files.entrySet()) {
                tar.file(file.getKey(), MODE, file.getValue());
            }
            tar.finish();
            plain = bytes.toByteArray();
            try (var out = new GZIPOutputStream(packed, 64 << 10)) {
                out.write(plain);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] gzip = packed.toByteArray();
        return new BootstrapLayer(gzip, Digest.sha256Of(gzip), Digest.sha256Of(plain));
    }
}
