package dev.naiad.builder.stargz;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * eStargz: gzip members, the table as the archive's last file, and a footer: an empty member of 51
 * bytes whose extra field says where the table's member begins.
 */
final class GzipForm extends SeekableForm implements AutoCloseable {
    private static final int LEVEL = 6;
    private static final int FLAG_EXTRA = 4;
    private static final byte UNKNOWN_SYSTEM = (byte) 0xff;
    private static final byte[] HEADER = {
        0x1f, (byte) 0x8b, Deflater.DEFLATED, 0, 0, 0, 0, 0, 0, UNKNOWN_SYSTEM
    };
    private static final int BLOCK = 512;

    private final Deflater deflater = new Deflater(LEVEL, true);
    private final CRC32 crc = new CRC32();
    private final byte[] packed = new byte[64 << 10];
    private boolean open;

    GzipForm(OutputStream out) {
        super(out);
    }

    @Override
    void pack(byte[] bytes, int from, int count) throws IOException {
        if (!open) {
            put(HEADER, 0, HEADER.length);
            open = true;
        }
        crc.update(bytes, from, count);
        deflater.setInput(bytes, from, count);
        while (!deflater.needsInput()) {
            drain();
        }
    }

    private void drain() throws IOException {
        int count = deflater.deflate(packed, 0, packed.length);
        put(packed, 0, count);
    }

    @Override
    void cut() throws IOException {
        if (!open) {
            return;
        }
        deflater.finish();
        while (!deflater.finished()) {
            drain();
        }
        byte[] trailer = new byte[8];
        littleEndian(trailer, 0, crc.getValue());
        littleEndian(trailer, 4, deflater.getBytesRead());
        put(trailer, 0, trailer.length);
        deflater.reset();
        crc.reset();
        open = false;
    }

    private static void littleEndian(byte[] target, int at, long value) {
        for (int i = 0; i < 4; i++) {
            target[at + i] = (byte) (value >>> (8 * i));
        }
    }

    @Override
    Map<String, String> finish(byte[] toc) throws IOException {
        cut();
        long offset = position();
        byte[] header = TarBlocks.file(EstargzWriter.TOC, toc.length);
        write(header, 0, header.length);
        write(toc, 0, toc.length);
        byte[] end = new byte[TarBlocks.padding(toc.length) + 2 * BLOCK];
        write(end, 0, end.length);
        cut();
        byte[] footer = footer(offset);
        put(footer, 0, footer.length);
        return Map.of();
    }

    /** The empty member that ends the layer. */
    static byte[] footer(long toc) {
        byte[] text = String.format("%016xSTARGZ", toc).getBytes(StandardCharsets.US_ASCII);
        byte[] footer = new byte[HEADER.length + 2 + 4 + text.length + 5 + 8];
        System.arraycopy(HEADER, 0, footer, 0, HEADER.length);
        footer[3] = FLAG_EXTRA;
        int at = HEADER.length;
        footer[at] = (byte) (4 + text.length);
        footer[at + 2] = 'S';
        footer[at + 3] = 'G';
        footer[at + 4] = (byte) text.length;
        System.arraycopy(text, 0, footer, at + 6, text.length);
        int data = at + 6 + text.length;
        footer[data] = 1; // the last block, stored, of no bytes
        footer[data + 3] = (byte) 0xff;
        footer[data + 4] = (byte) 0xff;
        return footer;
    }

    @Override
    public void close() {
        deflater.end();
    }
}
