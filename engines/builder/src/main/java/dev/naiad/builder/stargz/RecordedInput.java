package dev.naiad.builder.stargz;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkInput;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * An archive of which everything but the content of its files is kept as it is, to be written
 * again. For one thread.
 */
final class RecordedInput implements ChunkInput {
    private final InputStream in;
    private final String name;
    private final ByteArrayOutputStream recorded = new ByteArrayOutputStream();
    private byte[] buffer = new byte[64 << 10];
    private int position;
    private int limit;
    private long consumed;

    RecordedInput(InputStream in, String name) {
        this.in = in;
        this.name = name;
    }

    /** What was consumed since the last call, without content. */
    byte[] takeRecorded() {
        byte[] result = recorded.toByteArray();
        recorded.reset();
        return result;
    }

    /**
     * Consumes content, which is not recorded.
     *
     * @return false if the stream ends before
     */
    boolean content(byte[] target, int from, int count) {
        int done = 0;
        while (done < count) {
            if (available() == 0 && !require(1)) {
                return false;
            }
            int part = Math.min(available(), count - done);
            System.arraycopy(buffer, position, target, from + done, part);
            position += part;
            consumed += part;
            done += part;
        }
        return true;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long consumed() {
        return consumed;
    }

    @Override
    public int available() {
        return limit - position;
    }

    @Override
    public boolean require(int count) {
        if (available() >= count) {
            return true;
        }
        if (position + count > buffer.length) {
            byte[] target = count > buffer.length ? new byte[count] : buffer;
            System.arraycopy(buffer, position, target, 0, available());
            buffer = target;
            limit -= position;
            position = 0;
        }
        try {
            while (available() < count) {
                int got = in.read(buffer, limit, buffer.length - limit);
                if (got < 0) {
                    return false;
                }
                limit += got;
            }
            return true;
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, name + ": cannot read: " + e.getMessage(), e);
        }
    }

    @Override
    public void peek(byte[] target) {
        System.arraycopy(buffer, position, target, 0, target.length);
    }

    @Override
    public byte[] take(int count) {
        byte[] result = Arrays.copyOfRange(buffer, position, position + count);
        advance(count);
        return result;
    }

    @Override
    public void advance(int count) {
        recorded.write(buffer, position, count);
        position += count;
        consumed += count;
    }

    @Override
    public boolean skip(long count) {
        long left = count;
        while (left > 0) {
            if (available() == 0 && !require(1)) {
                return false;
            }
            int part = (int) Math.min(available(), left);
            advance(part);
            left -= part;
        }
        return true;
    }

    @Override
    public boolean chunk(int count, int[] owner, int index) {
        throw noChunks();
    }

    @Override
    public void repeat(int[] first, int index, int[] owner, int from, int to) {
        throw noChunks();
    }

    @Override
    public boolean leavesChunks() {
        return false;
    }

    @Override
    public Assembly assemble(int count) {
        throw noChunks();
    }

    private static UnsupportedOperationException noChunks() {
        return new UnsupportedOperationException("an archive that is copied has no chunks");
    }
}
