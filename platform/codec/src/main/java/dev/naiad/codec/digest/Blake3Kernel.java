package dev.naiad.codec.digest;

/**
 * Compresses independent inputs of BLAKE3 side by side. A chaining value is eight ints; value
 * {@code i} of an array stands at {@code 8 * i}. Has scratch memory: for one thread.
 */
interface Blake3Kernel {
    /** BLAKE3's constants (the BLAKE3 paper, section 2.2). */
    int CHUNK = 1024;

    int BLOCK = 64;
    int CHUNK_START = 1;
    int CHUNK_END = 2;
    int PARENT = 4;
    int ROOT = 8;

    /** At most this many inputs a call. */
    int lanes();

    /**
     * The values of {@code n} whole chunks from {@code in[offset]}, of which the first is number
     * {@code counter}, to {@code cvs[8 * to]}.
     */
    void chunks(byte[] in, int offset, int n, long counter, int[] cvs, int to);

    /**
     * The values of {@code n} parents of the {@code 2n} values from {@code cvs[8 * from]}, to
     * {@code cvs[8 * to]}; {@code to <= from}.
     */
    void parents(int[] cvs, int from, int n, int to);
}
