package dev.naiad.codec.stream;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.naiad.base.error.CorruptFormatException;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;

/** Opens layers whatever their compression, and compresses layers. */
public final class LayerStreams {
    private static final int BUFFER = 128 << 10;

    private LayerStreams() {}

    /** How a layer is compressed. */
    public enum Kind {
        /** Not at all. */
        PLAIN,
        /** gzip members. */
        GZIP,
        /** zstd frames. */
        ZSTD
    }

    /** The compression of what begins with these bytes (four are enough). */
    public static Kind kindOf(byte[] head, int length) {
        if (length >= 2 && head[0] == 0x1f && head[1] == (byte) 0x8b) {
            return Kind.GZIP;
        }
        if (length >= 4
                && head[1] == (byte) 0xb5
                && head[2] == 0x2f
                && head[3] == (byte) 0xfd
                && head[0] == 0x28) {
            return Kind.ZSTD;
        }
        // Skippable frames (50..5f 2a 4d 18) may come first.
        if (length >= 4
                && (head[0] & 0xf0) == 0x50
                && head[1] == 0x2a
                && head[2] == 0x4d
                && head[3] == 0x18) {
            return Kind.ZSTD;
        }
        return Kind.PLAIN;
    }

    /**
     * The content of a layer, found out by its first bytes. The result owns {@code in}. Malformed
     * or truncated data make reads throw {@link CorruptFormatException}.
     *
     * @param name for errors
     */
    public static InputStream open(InputStream in, String name) throws IOException {
        var buffered = new BufferedInputStream(in, BUFFER);
        buffered.mark(4);
        var head = new byte[4];
        int n = buffered.readNBytes(head, 0, 4);
        buffered.reset();
        return open(buffered, kindOf(head, n), name);
    }

    /** {@link #open(InputStream, String)} of a layer whose compression is known. */
    public static InputStream open(InputStream in, Kind kind, String name) throws IOException {
        return switch (kind) {
            case PLAIN -> in;
            case GZIP -> new GunzipStream(in, name);
            case ZSTD -> new UnzstdStream(in, name);
        };
    }

    /**
     * Compresses what is written; close ends the data and closes {@code out}. Level -1 is the
     * algorithm's default.
     */
    public static OutputStream compressing(OutputStream out, Kind kind, int level)
            throws IOException {
        return switch (kind) {
            case PLAIN -> out;
            case GZIP -> new LevelledGzip(out, level);
            case ZSTD -> new ZstdOutputStreamNoFinalizer(out, level < 0 ? 3 : level);
        };
    }

    private static final class LevelledGzip extends GZIPOutputStream {
        LevelledGzip(OutputStream out, int level) throws IOException {
            super(out, BUFFER);
            def.setLevel(level);
        }
    }

    /** The library's stream with failures as ours. */
    private static final class UnzstdStream extends FilterInputStream {
        private final String name;
        private long position;

        UnzstdStream(InputStream in, String name) throws IOException {
            super(new ZstdInputStreamNoFinalizer(in));
            this.name = name;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            try {
                int n = super.read(target, offset, length);
                position += Math.max(0, n);
                return n;
            } catch (ZstdIOException e) {
                throw new CorruptFormatException(
                        name,
                        -1,
                        "zstd data after " + position + " bytes of content",
                        String.valueOf(e.getMessage()));
            }
        }
    }
}
