package dev.naiad.convert.verify;

import java.util.Arrays;

/**
 * A path as unpackers see it: parts without empty ones and {@code .}; {@code ..} steps back. To be
 * filled again and again. For one thread.
 */
final class PathParts {
    private byte[] bytes = new byte[256];
    private int length;
    private int[] from = new int[16];
    private int[] to = new int[16];
    private int count;
    private int above;

    static PathParts of(byte[] path) {
        var parts = new PathParts();
        parts.set(path, 0, path.length);
        return parts;
    }

    void set(byte[] path, int begin, int end) {
        clear();
        append(path, begin, end);
    }

    void clear() {
        length = 0;
        count = 0;
        above = 0;
    }

    /** Goes on below what is there. */
    void append(byte[] path, int begin, int end) {
        int size = end - begin;
        if (length + size > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + size, 2 * bytes.length));
        }
        System.arraycopy(path, begin, bytes, length, size);
        int start = length;
        length += size;
        for (int i = start; i <= length; i++) {
            if (i == length || bytes[i] == '/') {
                part(start, i);
                start = i + 1;
            }
        }
    }

    private void part(int begin, int end) {
        int size = end - begin;
        if (size == 0 || (size == 1 && bytes[begin] == '.')) {
            return;
        }
        if (size == 2 && bytes[begin] == '.' && bytes[begin + 1] == '.') {
            if (count > 0) {
                count--;
            } else {
                above++;
            }
            return;
        }
        if (count == from.length) {
            from = Arrays.copyOf(from, 2 * count);
            to = Arrays.copyOf(to, 2 * count);
        }
        from[count] = begin;
        to[count] = end;
        count++;
    }

    int count() {
        return count;
    }

    /** How often it steps back beyond its beginning; from a root that leads nowhere. */
    int above() {
        return above;
    }

    /** What {@link #from} and {@link #to} are positions in. */
    byte[] bytes() {
        return bytes;
    }

    int from(int part) {
        return from[part];
    }

    int to(int part) {
        return to[part];
    }

    boolean is(int part, byte[] name) {
        return Arrays.equals(bytes, from[part], to[part], name, 0, name.length);
    }

    /** From the root, with a slash before each part. */
    byte[] absolute() {
        int size = 0;
        for (int i = 0; i < count; i++) {
            size += 1 + to[i] - from[i];
        }
        byte[] path = new byte[Math.max(size, 1)];
        path[0] = '/';
        int at = 0;
        for (int i = 0; i < count; i++) {
            path[at++] = '/';
            System.arraycopy(bytes, from[i], path, at, to[i] - from[i]);
            at += to[i] - from[i];
        }
        return path;
    }
}
