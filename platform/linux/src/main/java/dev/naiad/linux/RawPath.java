package dev.naiad.linux;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A path as the kernel sees it: bytes without a zero. Needed because names in images need not be
 * UTF-8, and because Java's paths depend on LANG.
 */
public final class RawPath implements Comparable<RawPath> {
    private final byte[] bytes;

    private RawPath(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A path of these bytes. */
    public static RawPath of(byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                throw new NaiadException(ErrorKind.INVALID_ARGUMENT, "a path with a zero byte");
            }
        }
        return new RawPath(bytes.clone());
    }

    /** A path of this text in UTF-8. */
    public static RawPath of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Java's path, in UTF-8. */
    public static RawPath of(Path path) {
        return of(path.toString());
    }

    /** This directory's entry {@code name}. */
    public RawPath resolve(byte[] name) {
        if (bytes.length == 0) {
            return of(name);
        }
        boolean slash = bytes[bytes.length - 1] == '/';
        var joined = Arrays.copyOf(bytes, bytes.length + (slash ? 0 : 1) + name.length);
        if (!slash) {
            joined[bytes.length] = '/';
        }
        System.arraycopy(name, 0, joined, joined.length - name.length, name.length);
        return of(joined);
    }

    /** This directory's entry {@code name} in UTF-8. */
    public RawPath resolve(String name) {
        return resolve(name.getBytes(StandardCharsets.UTF_8));
    }

    /** A copy of the bytes. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The bytes and a zero, in native memory. */
    MemorySegment allocate(SegmentAllocator allocator) {
        MemorySegment segment = allocator.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        segment.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
        return segment;
    }

    @Override
    public int compareTo(RawPath other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RawPath path && Arrays.equals(bytes, path.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** For people: UTF-8 where it is, replacement characters where it is not. */
    @Override
    public String toString() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
