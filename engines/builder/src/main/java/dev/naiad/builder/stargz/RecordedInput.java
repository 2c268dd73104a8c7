package dev.naiad.builder.stargz;

import dev.naiad.builder.chunk.ChunkInput;
import dev.naiad.builder.chunk.StreamBuffer;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;

/**
 * An archive whose bytes, except the content of its files, are kept unchanged to be written again.
 * For one thread.
 */
final class RecordedInput implements ChunkInput {
    private static final int STEP = 64 << 10;

    private final StreamBuffer buffer;
    private final ByteArrayOutputStream recorded = new ByteArrayOutputStream();

    RecordedInput(InputStream in, String name) {
        this.buffer = new StreamBuffer(name, in::read, STEP);
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
            buffer.peek(target, from + done, part);
            buffer.advance(part);
            done += part;
        }
        return true;
    }

    @Override
    public String name() {
        return buffer.name();
    }

    @Override
    public long consumed() {
        return buffer.consumed();
    }

    @Override
    public int available() {
        return buffer.available();
    }

    @Override
    public boolean require(int count) {
        return buffer.require(count);
    }

    @Override
    public void peek(byte[] target) {
        buffer.peek(target, 0, target.length);
    }

    @Override
    public void advance(int count) {
        byte[] bytes = new byte[count];
        buffer.peek(bytes, 0, count);
        recorded.writeBytes(bytes);
        buffer.advance(count);
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
