package dev.naiad.builder.chunk;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;

/**
 * The bytes of a stream that were read but not consumed yet, in one piece. It grows to the largest
 * piece that was required. For one thread.
 */
public final class StreamBuffer {
    private final String name;
    private final Source source;
    private final int step;
    private byte[] bytes;
    private int start;
    private int end;
    private boolean ended;
    private long consumed;

    /** Where the bytes come from; see {@link java.io.InputStream#read(byte[], int, int)}. */
    @FunctionalInterface
    public interface Source {
        int read(byte[] target, int at, int count) throws IOException;
    }

    /**
     * @param name of the stream, for errors
     * @param step bytes that are read ahead at most
     */
    public StreamBuffer(String name, Source source, int step) {
        this.name = name;
        this.source = source;
        this.step = step;
        this.bytes = new byte[step];
    }

    public String name() {
        return name;
    }

    /** Bytes of the stream that were consumed. */
    public long consumed() {
        return consumed;
    }

    public int available() {
        return end - start;
    }

    /** See {@link ChunkInput#require}. */
    public boolean require(int count) {
        if (end - start >= count) {
            return true;
        }
        if (bytes.length - start < count) {
            var target = bytes.length < count ? new byte[Math.max(count, 2 * step)] : bytes;
            System.arraycopy(bytes, start, target, 0, end - start);
            end -= start;
            start = 0;
            bytes = target;
        }
        while (end - start < count && !ended) {
            fill();
        }
        return end - start >= count;
    }

    private void fill() {
        try {
            int count = source.read(bytes, end, Math.min(bytes.length - end, step));
            if (count < 0) {
                ended = true;
            } else {
                end += count;
            }
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** What a failure of the stream is reported as. */
    public NaiadException unreadable(IOException e) {
        return new NaiadException(
                ErrorKind.UNAVAILABLE, name + ": cannot read: " + e.getMessage(), e);
    }

    /** Copies available bytes and consumes nothing. */
    public void peek(byte[] target, int at, int count) {
        System.arraycopy(bytes, start, target, at, count);
    }

    /** Consumes available bytes. */
    public void advance(int count) {
        start += count;
        consumed += count;
    }

    /** Counts bytes after the available ones that the caller skipped in the source itself. */
    public void passedOver(long count) {
        consumed += count;
    }
}
