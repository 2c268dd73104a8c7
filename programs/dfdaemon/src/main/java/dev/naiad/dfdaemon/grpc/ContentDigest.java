package dev.naiad.dfdaemon.grpc;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.PieceDigest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.CRC32;

/** What a caller says its content hashes to: {@code sha256:}, {@code sha512:} or {@code crc32:}. */
public record ContentDigest(String text) {
    private static final int STEP = 1 << 20;

    /** An empty text stands for no digest; INVALID_ARGUMENT if it is none of the three. */
    public static ContentDigest parse(String text) {
        boolean good =
                text.isEmpty()
                        || text.matches("sha256:[0-9a-fA-F]{64}|sha512:[0-9a-fA-F]{128}")
                        || PieceDigest.parse(text).isPresent();
        if (!good) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "digest " + text + ": not sha256:, sha512: or crc32: and its value");
        }
        return new ContentDigest(text);
    }

    public boolean isEmpty() {
        return text.isEmpty();
    }

    /** Whether the first {@code length} bytes of a file have this digest. */
    public boolean matches(FileChannel file, long length) throws IOException {
        if (text.startsWith("sha")) {
            MessageDigest sha = sha();
            read(file, length, sha::update);
            String hex = text.substring(text.indexOf(':') + 1);
            return HexFormat.of().formatHex(sha.digest()).equals(hex.toLowerCase(Locale.ROOT));
        }
        var crc = new CRC32();
        read(file, length, crc::update);
        return PieceDigest.parse(text).orElse(-1) == crc.getValue();
    }

    private interface Sink {
        void update(ByteBuffer bytes);
    }

    private static void read(FileChannel file, long length, Sink sink) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(Math.clamp(length, 1, STEP));
        long at = 0;
        while (at < length) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), length - at));
            int read = file.read(buffer, at);
            if (read <= 0) {
                throw new IOException("the content file is shorter than its content");
            }
            sink.update(buffer.flip());
            at += read;
        }
    }

    private MessageDigest sha() {
        try {
            return MessageDigest.getInstance(text.startsWith("sha512:") ? "SHA-512" : "SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
