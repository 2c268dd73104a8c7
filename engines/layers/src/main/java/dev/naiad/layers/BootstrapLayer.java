package dev.naiad.layers;

import dev.naiad.base.bytes.Digest;
import dev.naiad.oci.image.NydusAnnotations;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.GZIPOutputStream;

/**
 * The last layer of a Nydus image: a tar of the bootstrap and of the chunk tables, gzip-compressed.
 * Times and owners are zero, so equal bootstraps give equal layers.
 */
@SuppressWarnings("ArrayRecordComponent") // handed over
public record BootstrapLayer(byte[] gzip, Digest digest, Digest diffId) {
    private static final int BLOCK = 512;
    private static final int MODE = 100;
    private static final int OWNER = 108;
    private static final int GROUP = 116;
    private static final int SIZE = 124;
    private static final int TIME = 136;
    private static final int CHECKSUM = 148;
    private static final int TYPE = 156;
    private static final int MAGIC = 257;

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
        var tar = new ByteArrayOutputStream(bootstrap.length + (64 << 10));
        header(tar, "image/", '5', 0755, 0);
        file(tar, NydusAnnotations.BOOTSTRAP_PATH, bootstrap);
        metas.forEach((blobId, meta) -> file(tar, "image/" + blobId + ".blob.meta", meta));
        files.forEach((path, content) -> file(tar, path, content));
        tar.writeBytes(new byte[2 * BLOCK]);
        byte[] plain = tar.toByteArray();
        var packed = new ByteArrayOutputStream(plain.length / 2 + 1024);
        try (var out = new GZIPOutputStream(packed, 64 << 10)) {
            out.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] gzip = packed.toByteArray();
        return new BootstrapLayer(gzip, Digest.sha256Of(gzip), Digest.sha256Of(plain));
    }

    private static void file(ByteArrayOutputStream tar, String name, byte[] content) {
        header(tar, name, '0', 0444, content.length);
        tar.writeBytes(content);
        tar.writeBytes(new byte[(BLOCK - content.length % BLOCK) % BLOCK]);
    }

    private static void header(
            ByteArrayOutputStream tar, String name, char type, int mode, int size) {
        byte[] block = new byte[BLOCK];
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, block, 0, text.length);
        octal(block, MODE, 8, mode);
        octal(block, OWNER, 8, 0);
        octal(block, GROUP, 8, 0);
        octal(block, SIZE, 12, size);
        octal(block, TIME, 12, 0);
        block[TYPE] = (byte) type;
        byte[] magic = "ustar\u000000".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(magic, 0, block, MAGIC, magic.length);
        java.util.Arrays.fill(block, CHECKSUM, CHECKSUM + 8, (byte) ' ');
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        octal(block, CHECKSUM, 7, sum);
        tar.writeBytes(block);
    }

    private static void octal(byte[] block, int offset, int width, int value) {
        String digits = Integer.toOctalString(value);
        String padded = "0".repeat(width - 1 - digits.length()) + digits;
        System.arraycopy(padded.getBytes(StandardCharsets.US_ASCII), 0, block, offset, width - 1);
        block[offset + width - 1] = 0;
    }
}
