package dev.naiad.builder.chunk;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A stream seen through the unit that is being filled: bytes are read straight into it, examined
 * there, and become chunks where they lie. Only what straddles two units is copied. For one thread.
 */
public final class InputWindow implements ChunkInput {
    private static final int SKIP = 64 << 10;

    private final ChunkPipeline pipeline;
    private final ReadableByteChannel channel;
    private final String name;
    private final @Nullable OriginTracker origins;
    private WorkUnit unit;
    private int position;
    private int limit;
    private boolean ended;
    private boolean finished;
    private long consumed;

    /**
     * @param name of the stream, for errors; the channel stays the caller's to close
     */
    public InputWindow(ChunkPipeline pipeline, ReadableByteChannel channel, String name) {
        this(pipeline, channel, name, null);
    }

    /**
     * A stream whose chunks stay where they are.
     *
     * @param origins says where that is; the window then reads no byte before it is asked for
     */
    public InputWindow(
            ChunkPipeline pipeline,
            ReadableByteChannel channel,
            String name,
            @Nullable OriginTracker origins) {
        this.origins = origins;
        this.pipeline = pipeline;
        this.channel = channel;
        this.name = name;
        this.unit = pipeline.acquire();
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
        if (limit - position >= count) {
            return true;
        }
        if (finished) {
            return false;
        }
        if (unit.input.byteSize() - position < count || unit.isFull()) {
            rotate();
        }
        while (limit - position < count && !ended) {
            read(position + count);
        }
        return limit - position >= count;
    }

    private void read(int wanted) {
        try {
            var target = unit.inputBuffer.duplicate().position(limit);
            if (origins != null) {
                target.limit(wanted);
            }
            int count = channel.read(target);
            if (count < 0) {
                ended = true;
            } else {
                limit += count;
            }
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, name + ": cannot read: " + e.getMessage(), e);
        }
    }

    /**
     * Submits the unit if it has chunks, and moves the unread rest to the start of an empty one.
     */
    private void rotate() {
        int rest = limit - position;
        var next = unit.chunks == 0 ? unit : pipeline.acquire();
        MemorySegment.copy(unit.input, position, next.input, 0, rest);
        if (next != unit) {
            pipeline.submit(unit);
            unit = next;
        }
        position = 0;
        limit = rest;
    }

    @Override
    public void peek(byte[] target) {
        unit.inputBuffer.get(position, target);
    }

    @Override
    public void advance(int count) {
        position += count;
        consumed += count;
    }

    @Override
    public boolean skip(long count) {
        if (origins == null) {
            return ChunkInput.super.skip(count);
        }
        long left = count;
        while (left > 0) {
            // Nothing beyond the bytes to skip may be read.
            if (available() == 0 && !require((int) Math.min(left, SKIP)) && available() == 0) {
                return false;
            }
            int step = (int) Math.min(left, available());
            advance(step);
            left -= step;
        }
        return true;
    }

    @Override
    public boolean chunk(int count, int[] owner, int index) {
        var tracker = origins;
        if (tracker != null) {
            tracker.begin();
        }
        if (!require(count)) {
            return false;
        }
        unit.add(position, count, owner, index);
        advance(count);
        if (tracker != null) {
            unit.origin(tracker.end());
        }
        return true;
    }

    @Override
    public boolean leavesChunks() {
        return origins != null;
    }

    @Override
    public void repeat(int[] first, int index, int[] owner, int from, int to) {
        if (from < to) {
            pipeline.afterwards(() -> Arrays.fill(owner, from, to, first[index]));
        }
    }

    @Override
    public Assembly assemble(int count) {
        if (unit.chunks > 0) {
            rotate();
        }
        var target = pipeline.acquire();
        target.input.asSlice(0, count).fill((byte) 0);
        return new PiecedChunk(target, count);
    }

    private final class PiecedChunk implements Assembly {
        private final WorkUnit target;
        private final int count;

        private PiecedChunk(WorkUnit target, int count) {
            this.target = target;
            this.count = count;
        }

        @Override
        public boolean copy(int at, int length) {
            int done = 0;
            while (done < length) {
                if (available() == 0 && !require(1)) {
                    return false;
                }
                int step = Math.min(length - done, available());
                MemorySegment.copy(unit.input, position, target.input, at + done, step);
                advance(step);
                done += step;
            }
            return true;
        }

        @Override
        public void submit(int[] owner, int index) {
            target.add(0, count, owner, index);
            pipeline.submit(target);
        }
    }

    /** Submits the rest; nothing more can be read. */
    public void finish() {
        pipeline.submit(unit);
        position = 0;
        limit = 0;
        finished = true;
    }
}
