package dev.naiad.builder.tarfs;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkInput;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.chunk.StreamBuffer;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.Digester;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A tar archive whose chunks stay in place: their bytes are skipped, hashed as part of the archive
 * or not read at all. For one thread.
 */
final class TarfsInput implements ChunkInput {
    /** As much as a PAX header may have. */
    private static final int CAPACITY = 4 << 20;

    private static final int STEP = 128 << 10;
    private static final byte[] NO_DIGEST = new byte[Digester.LENGTH];

    private final StreamBuffer buffer;
    private final ReadableByteChannel channel;
    private final @Nullable MessageDigest sha256;
    private final ChunkStore store;
    private int chunks;
    private long dataEnd;

    /**
     * @param channel read from its position on; one that can be positioned is not read where there
     *     is data, unless it is hashed
     * @param sha256 gets all bytes; null if the digest is not needed
     * @param store gets the chunks, as those of blob 0
     */
    TarfsInput(
            String name,
            ReadableByteChannel channel,
            @Nullable MessageDigest sha256,
            ChunkStore store) {
        this.buffer =
                new StreamBuffer(
                        name,
                        (target, at, count) -> read(channel, sha256, target, at, count),
                        STEP);
        this.channel = channel;
        this.sha256 = sha256;
        this.store = store;
    }

    private static int read(
            ReadableByteChannel channel,
            @Nullable MessageDigest sha256,
            byte[] target,
            int at,
            int count)
            throws IOException {
        int got = channel.read(ByteBuffer.wrap(target, at, count));
        if (got > 0 && sha256 != null) {
            sha256.update(target, at, got);
        }
        return got;
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
        if (count > CAPACITY) {
            throw new IllegalArgumentException(count + " bytes at once");
        }
        return buffer.require(count);
    }

    @Override
    public void peek(byte[] target) {
        buffer.peek(target, 0, target.length);
    }

    @Override
    public void advance(int count) {
        buffer.advance(count);
    }

    @Override
    public boolean skip(long count) {
        if (sha256 == null && channel instanceof SeekableByteChannel file) {
            int here = (int) Math.min(count, available());
            advance(here);
            return here == count || seek(file, count - here);
        }
        return ChunkInput.super.skip(count);
    }

    private boolean seek(SeekableByteChannel file, long count) {
        try {
            long left = Math.min(count, Math.max(0, file.size() - file.position()));
            file.position(file.position() + left);
            buffer.passedOver(left);
            return left == count;
        } catch (IOException e) {
            throw buffer.unreadable(e);
        }
    }

    @Override
    public boolean chunk(int count, int[] owner, int index) {
        long at = consumed();
        if (at % TarfsBuilder.BLOCK != 0) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    name() + ": data at offset " + at + " does not begin a block of 512 bytes");
        }
        if (!skip(count)) {
            return false;
        }
        if (chunks >= BlobLimits.MAX_CHUNKS - 2) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    name()
                            + ": more than "
                            + (BlobLimits.MAX_CHUNKS - 2)
                            + " chunks in one archive; use a larger chunk size");
        }
        int number = store.add(NO_DIGEST, 0, 0, chunks++, count, at, false);
        store.stored(number, at, count, 0, 0);
        owner[index] = number;
        dataEnd = at + count;
        return true;
    }

    @Override
    public boolean leavesChunks() {
        return true;
    }

    @Override
    public void repeat(int[] first, int index, int[] owner, int from, int to) {
        throw new UnsupportedOperationException("no chunk of tarfs is put together");
    }

    @Override
    public Assembly assemble(int count) {
        throw new IllegalStateException("chunks of an archive are not put together");
    }

    int chunks() {
        return chunks;
    }

    /** End of the last chunk. */
    long dataEnd() {
        return dataEnd;
    }

    /** Consumes the rest and returns the length of the archive. */
    long finish() {
        while (skip(1L << 40)) {
            // No archive has that much left.
        }
        return consumed();
    }
}
