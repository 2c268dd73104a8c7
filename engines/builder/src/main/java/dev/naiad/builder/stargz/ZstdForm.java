package dev.naiad.builder.stargz;

import dev.naiad.base.bytes.Digest;
import dev.naiad.codec.stream.LayerStreams;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * zstd:chunked: zstd frames, then two skippable frames, which unpackers ignore: the compressed
 * table, and a footer that says where it is.
 */
final class ZstdForm extends SeekableForm {
    private static final int SKIPPABLE = 0x184d2a50;
    private static final int FRAME_HEADER = 8;
    private static final int FOOTER = 40;
    private static final int TABLE_OF_ESTARGZ = 1;
    private static final byte[] MAGIC = "GnUlInUx".getBytes(StandardCharsets.US_ASCII);
    private static final String PREFIX = "io.github.containers.zstd-chunked.";

    private @Nullable OutputStream frame;

    ZstdForm(OutputStream out) {
        super(out);
    }

    @Override
    void pack(byte[] bytes, int from, int count) throws IOException {
        OutputStream open = frame;
        if (open == null) {
            open = LayerStreams.compressing(new Packed(), LayerStreams.Kind.ZSTD, -1);
            frame = open;
        }
        open.write(bytes, from, count);
    }

    @Override
    void cut() throws IOException {
        OutputStream open = frame;
        frame = null;
        if (open != null) {
            open.close();
        }
    }

    @Override
    Map<String, String> finish(byte[] toc) throws IOException {
        byte[] end = new byte[2 * 512];
        write(end, 0, end.length);
        cut();
        var compressed = new ByteArrayOutputStream();
        try (var zstd = LayerStreams.compressing(compressed, LayerStreams.Kind.ZSTD, -1)) {
            zstd.write(toc);
        }
        byte[] table = compressed.toByteArray();
        long offset = position() + FRAME_HEADER;
        skippable(table);
        skippable(
                ByteBuffer.allocate(FOOTER)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(offset)
                        .putLong(table.length)
                        .putLong(toc.length)
                        .putLong(TABLE_OF_ESTARGZ)
                        .put(MAGIC)
                        .array());
        return Map.of(
                PREFIX + "manifest-checksum",
                Digest.sha256Of(table).toString(),
                PREFIX + "manifest-position",
                offset + ":" + table.length + ":" + toc.length + ":" + TABLE_OF_ESTARGZ);
    }

    private void skippable(byte[] content) throws IOException {
        byte[] header =
                ByteBuffer.allocate(FRAME_HEADER)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(SKIPPABLE)
                        .putInt(content.length)
                        .array();
        put(header, 0, header.length);
        put(content, 0, content.length);
    }

    /** The target of frames; closing a frame does not end the layer. */
    private final class Packed extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            put(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            put(bytes, from, count);
        }
    }
}
