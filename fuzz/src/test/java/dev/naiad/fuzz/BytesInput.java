package dev.naiad.fuzz;

import dev.naiad.builder.chunk.ChunkInput;
import java.util.Arrays;

/** An archive in memory whose chunks are only counted: a thousand times faster than a build. */
final class BytesInput implements ChunkInput {
    private final byte[] bytes;
    private int position;

    BytesInput(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public String name() {
        return "bytes.tar";
    }

    @Override
    public long consumed() {
        return position;
    }

    @Override
    public int available() {
        return bytes.length - position;
    }

    @Override
    public boolean require(int count) {
        return available() >= count;
    }

    @Override
    public void peek(byte[] target) {
        System.arraycopy(bytes, position, target, 0, target.length);
    }

    @Override
    public byte[] take(int count) {
        position += count;
        return Arrays.copyOfRange(bytes, position - count, position);
    }

    @Override
    public void advance(int count) {
        position += count;
    }

    @Override
    public boolean skip(long count) {
        int step = (int) Math.min(count, available());
        position += step;
        return step == count;
    }

    @Override
    public boolean chunk(int count, int[] owner, int index) {
        owner[index] = count;
        return skip(count);
    }

    @Override
    public void repeat(int[] first, int index, int[] owner, int from, int to) {
        Arrays.fill(owner, from, to, first[index]);
    }

    @Override
    public boolean leavesChunks() {
        return false;
    }

    @Override
    public Assembly assemble(int count) {
        return new Assembly() {
            @Override
            public boolean copy(int at, int length) {
                if (at < 0 || length < 0 || at + length > count) {
                    throw new AssertionError(at + "+" + length + " leaves " + count);
                }
                return skip(length);
            }

            @Override
            public void submit(int[] owner, int index) {
                owner[index] = count;
            }
        };
    }
}
