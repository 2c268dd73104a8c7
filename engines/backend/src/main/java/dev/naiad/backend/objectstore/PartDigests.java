package dev.naiad.backend.objectstore;

import dev.naiad.backend.store.Content;
import dev.naiad.base.bytes.Hex;
import dev.naiad.net.client.RequestBody;
import dev.naiad.net.http.BodyWriter;
import java.io.EOFException;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * A part of a content as the body of a request, and its digests: SHA-256 is signed, MD5 is what
 * stores call a part by.
 */
record PartDigests(Content content, long offset, long length, String sha256, String md5Base64) {
    private static final int COPY_BYTES = 256 << 10;

    static PartDigests of(Content content, long offset, long length) throws IOException {
        MessageDigest sha256 = digest("SHA-256");
        MessageDigest md5 = digest("MD5");
        copy(
                content,
                offset,
                length,
                (bytes, count) -> {
                    sha256.update(bytes, 0, count);
                    md5.update(bytes, 0, count);
                });
        return new PartDigests(
                content,
                offset,
                length,
                Hex.encode(sha256.digest()),
                Base64.getEncoder().encodeToString(md5.digest()));
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + algorithm, e);
        }
    }

    private interface Sink {
        void accept(byte[] bytes, int count) throws IOException;
    }

    private static void copy(Content content, long offset, long length, Sink sink)
            throws IOException {
        byte[] buffer = new byte[(int) Math.min(COPY_BYTES, Math.max(1, length))];
        try (var in = content.open(offset)) {
            for (long left = length; left > 0; ) {
                int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (count < 0) {
                    throw new EOFException("the content has shrunk");
                }
                sink.accept(buffer, count);
                left -= count;
            }
        }
    }

    /** Whether a store's tag of a part says that it is this one. */
    boolean matches(String tag) {
        String md5 = Hex.encode(Base64.getDecoder().decode(md5Base64));
        return tag.replace("\"", "").equalsIgnoreCase(md5);
    }

    RequestBody body() {
        return new RequestBody() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public void writeTo(BodyWriter out) throws IOException {
                copy(content, offset, length, (bytes, count) -> out.write(bytes, 0, count));
            }
        };
    }
}
