package dev.naiad.layers;

import dev.naiad.base.bytes.Digest;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Bytes that are put together without being copied: whole arrays that are written are kept as they
 * are and must not change any more. For one thread while it grows.
 */
final class Parts extends OutputStream {
    private final List<byte[]> parts = new ArrayList<>();
    private int[] ends = new int[8];
    private int size;

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b});
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        write(Arrays.copyOfRange(bytes, offset, offset + length));
    }

    @Override
    public void write(byte[] bytes) {
        if (bytes.length == 0) {
            return;
        }
        size = Math.addExact(size, bytes.length);
        if (parts.size() == ends.length) {
            ends = Arrays.copyOf(ends, 2 * ends.length);
        }
        ends[parts.size()] = size;
        parts.add(bytes);
    }

    int size() {
        return size;
    }

    void forEach(Consumer<byte[]> reader) {
        parts.forEach(reader);
    }

    Digest sha256() {
        try {
            var hash = MessageDigest.getInstance("SHA-256");
            parts.forEach(hash::update);
            return Digest.of(Digest.Algorithm.SHA256, hash.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Copies a range to the beginning of the target. */
    void copy(int from, byte[] target, int length) {
        int found = Arrays.binarySearch(ends, 0, parts.size(), from);
        int part = found >= 0 ? found + 1 : -found - 1;
        int at = 0;
        while (at < length) {
            byte[] source = parts.get(part);
            int begin = from + at - (ends[part] - source.length);
            int count = Math.min(length - at, source.length - begin);
            System.arraycopy(source, begin, target, at, count);
            at += count;
            part++;
        }
    }
}
