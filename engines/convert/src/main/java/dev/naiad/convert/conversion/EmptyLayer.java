package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.zip.GZIPOutputStream;

/**
 * The layer without entries that stands in front of an OCI image beside its Nydus form, so that the
 * two share no chain of snapshots with the plain image.
 */
@SuppressWarnings("ArrayRecordComponent") // handed over
record EmptyLayer(byte[] gzip, Digest digest, Digest diffId) {
    private static final int END_OF_ARCHIVE = 1024;

    static EmptyLayer make() {
        byte[] tar = new byte[END_OF_ARCHIVE];
        var packed = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(packed)) {
            out.write(tar);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        byte[] gzip = packed.toByteArray();
        return new EmptyLayer(gzip, Digest.sha256Of(gzip), Digest.sha256Of(tar));
    }
}
