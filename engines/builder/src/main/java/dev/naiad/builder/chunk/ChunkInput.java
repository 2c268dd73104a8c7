package dev.naiad.builder.chunk;

/** A stream that is examined piece by piece; parts of it become chunks. For one thread. */
public interface ChunkInput {
    /** Names the stream in errors. */
    String name();

    /** Bytes of the stream that were consumed. */
    long consumed();

    /** Bytes available. */
    int available();

    /**
     * Makes the next {@code count} bytes available in one piece; at most a chunk's size or 4 MiB,
     * whichever is larger.
     *
     * @return false if the stream ends before; then {@link #available} tells how many there are
     */
    boolean require(int count);

    /** Copies the next bytes, which {@link #require} has made available, and consumes nothing. */
    void peek(byte[] target);

    /** A copy of the next bytes, which are consumed. */
    default byte[] take(int count) {
        byte[] bytes = new byte[count];
        peek(bytes);
        advance(count);
        return bytes;
    }

    /** Consumes bytes that are available. */
    void advance(int count);

    /**
     * Consumes bytes, available or not.
     *
     * @return false if the stream ends before
     */
    default boolean skip(long count) {
        long left = count;
        while (left > 0) {
            if (available() == 0 && !require(1)) {
                return false;
            }
            int step = (int) Math.min(left, available());
            advance(step);
            left -= step;
        }
        return true;
    }

    /**
     * Consumes bytes as a chunk, whose number will be put into {@code owner[index]} by the time
     * everything is read and processed.
     *
     * @return false if the stream ends before
     */
    boolean chunk(int count, int[] owner, int index);

    /**
     * Puts the number that {@code first[index]} gets into {@code owner[from]} to {@code owner[to -
     * 1]}, too, by the time everything is processed.
     */
    void repeat(int[] first, int index, int[] owner, int from, int to);

    /** Whether chunks stay in the stream: then they cannot be put together from pieces. */
    boolean leavesChunks();

    /**
     * A chunk put together from pieces: its bytes are zero where nothing is copied.
     *
     * @param count bytes of the chunk
     */
    Assembly assemble(int count);

    /** See {@link #assemble}. */
    interface Assembly {
        /**
         * Consumes {@code length} bytes of the stream as bytes {@code [at, at + length)} of the
         * chunk.
         *
         * @return false if the stream ends before
         */
        boolean copy(int at, int length);

        /** Ends the chunk, whose number is put into {@code owner[index]} as by {@link #chunk}. */
        void submit(int[] owner, int index);
    }
}
