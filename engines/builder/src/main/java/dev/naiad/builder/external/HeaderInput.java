package dev.naiad.builder.external;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.builder.chunk.ChunkInput;
import java.util.Arrays;

/** An archive whose headers are read and whose content is skipped. For one thread. */
final class HeaderInput implements ChunkInput {
    private static final int WINDOW = 16 << 10;

    private final ByteSource source;
    private final String name;
    private final long size;
    private long position;
    private byte[] window = new byte[0];
    private long windowStart;

    HeaderInput(ByteSource source, String name) {
        this.source = source;
        this.name = name;
        this.size = source.size();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long consumed() {
        return position;
    }

    @Override
    public int available() {
        long inWindow = windowStart + window.length - position;
        return position < windowStart || inWindow < 0 ? 0 : (int) inWindow;
    }

    @Override
    public boolean require(int count) {
        if (available() < count) {
            int wanted = (int) Math.min(Math.max(count, WINDOW), size - position);
            window = wanted <= 0 ? new byte[0] : source.readBytes(position, wanted);
            windowStart = position;
        }
        return available() >= count;
    }

    @Override
    public void peek(byte[] target) {
        System.arraycopy(window, (int) (position - windowStart), target, 0, target.length);
    }

    @Override
    public byte[] take(int count) {
        int from = (int) (position - windowStart);
        byte[] result = Arrays.copyOfRange(window, from, from + count);
        position += count;
        return result;
    }

    @Override
    public void advance(int count) {
        position += count;
    }

    @Override
    public boolean skip(long count) {
        if (count > size - position) {
            position = size;
            return false;
        }
        position += count;
        return true;
    }

    @Override
    public boolean chunk(int count, int[] owner, int index) {
        throw noContent();
    }

    @Override
    public void repeat(int[] first, int index, int[] owner, int from, int to) {
        throw noContent();
    }

    @Override
    public boolean leavesChunks() {
        return true;
    }

    @Override
    public Assembly assemble(int count) {
        throw noContent();
    }

    private static UnsupportedOperationException noContent() {
        return new UnsupportedOperationException("content is passed over");
    }
}
