package dev.naiad.layers;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes a tar of directories and files without owners and times, so that the same content gives
 * the same bytes. Names have at most 100 characters of ASCII. For one thread; the stream stays the
 * caller's to close.
 */
public final class PlainTar {
    private static final int BLOCK = 512;
    private static final int MODE = 100;
    private static final int OWNER = 108;
    private static final int GROUP = 116;
    private static final int SIZE = 124;
    private static final int TIME = 136;
    private static final int CHECKSUM = 148;
    private static final int TYPE = 156;
    private static final int MAGIC = 257;
    private static final int MAX_NAME = 100;
    private static final long MAX_OCTAL_SIZE = 077777777777L;

    private final OutputStream out;

    public PlainTar(OutputStream out) {
        this.out = out;
    }

    /** A directory; its name ends with a slash. */
    public void directory(String name, int mode) throws IOException {
        header(name, '5', mode, 0);
    }

    public void file(String name, int mode, byte[] content) throws IOException {
        begin(name, mode, content.length);
        out.write(content);
        end(content.length);
    }

    /** The header of a file, whose content follows on the stream, and then {@link #end(long)}. */
    public void begin(String name, int mode, long size) throws IOException {
        header(name, '0', mode, size);
    }

    /** Fills the last block of a file up. */
    public void end(long size) throws IOException {
        out.write(new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)]);
    }

    /** The end of the archive. */
    public void finish() throws IOException {
        out.write(new byte[2 * BLOCK]);
    }

    private void header(String name, char type, int mode, long size) throws IOException {
        byte[] block = new byte[BLOCK];
        byte[] text = name.getBytes(StandardCharsets.US_ASCII);
        if (text.length > MAX_NAME) {
            throw new IllegalArgumentException(name + " is too long");
        }
        System.arraycopy(text, 0, block, 0, text.length);
        octal(block, MODE, 8, mode);
        octal(block, OWNER, 8, 0);
        octal(block, GROUP, 8, 0);
        size(block, size);
        octal(block, TIME, 12, 0);
        block[TYPE] = (byte) type;
        byte[] magic = "ustar\u000000".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(magic, 0, block, MAGIC, magic.length);
        Arrays.fill(block, CHECKSUM, CHECKSUM + 8, (byte) ' ');
        int sum = 0;
        for (byte b : block) {
            sum += b & 0xff;
        }
        octal(block, CHECKSUM, 7, sum);
        out.write(block);
    }

    /** From 8 GiB on as a binary number with the first bit set, which GNU began and all read. */
    private static void size(byte[] block, long size) {
        if (size <= MAX_OCTAL_SIZE) {
            octal(block, SIZE, 12, size);
            return;
        }
        block[SIZE] = (byte) 0x80;
        for (int i = 0; i < 8; i++) {
            block[SIZE + 11 - i] = (byte) (size >>> (8 * i));
        }
    }

    private static void octal(byte[] block, int offset, int width, long value) {
        String digits = Long.toOctalString(value);
        String padded = "0".repeat(width - 1 - digits.length()) + digits;
        System.arraycopy(padded.getBytes(StandardCharsets.US_ASCII), 0, block, offset, width - 1);
        block[offset + width - 1] = 0;
    }
}
