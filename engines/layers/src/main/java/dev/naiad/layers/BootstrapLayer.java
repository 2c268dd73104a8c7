package dev.naiad.layers;

import dev.naiad.base.bytes.Digest;
import dev.naiad.oci.image.NydusAnnotations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/**
 * The last layer of a Nydus image: a tar of the bootstrap and of the chunk tables, gzip-compressed.
 * Times and owners are zero, so equal bootstraps give equal layers. The arrays are read, not
 * copied.
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
        var plain = new Parts();
        try {
            var tar = new PlainTar(plain);
            tar.directory("image/", 0755);
            tar.file(NydusAnnotations.BOOTSTRAP_PATH, MODE, bootstrap);
            for (var meta : metas.entrySet()) {
                tar.file("image/" + meta.getKey() + ".blob.meta", MODE, meta.getValue());
            }
            for (var file : files.entrySet()) {
                tar.file(file.getKey(), MODE, file.getValue());
            }
            tar.finish();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] gzip = BlockGzip.pack(plain, Runtime.getRuntime().availableProcessors());
        return new BootstrapLayer(gzip, Digest.sha256Of(gzip), plain.sha256());
    }
}
