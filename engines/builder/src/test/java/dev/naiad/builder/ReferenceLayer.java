package dev.naiad.builder;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.builder.reference.PlainBytes;
import dev.naiad.builder.reference.ZranIndex;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** A layer that keeps its data, and the image that refers to it, in memory. */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere
record ReferenceLayer(byte[] layer, BuiltLayer built, byte[] meta) {
    static final ZranIndex.Limits LIMITS = ZranIndex.Limits.DEFAULT;

    static ReferenceLayer of(byte[] layer, BuildOptions options) {
        return of(layer, options, LIMITS, new ByteArrayInputStream(layer));
    }

    static ReferenceLayer of(
            byte[] layer, BuildOptions options, ZranIndex.Limits limits, InputStream in) {
        var blob = new ByteArrayOutputStream();
        var built =
                LayerBuilder.fromReference(
                        "layer.tar.gz",
                        Channels.newChannel(in),
                        options.forReference(),
                        KnownImages.NONE,
                        Channels.newChannel(blob),
                        PlainBytes.UNSEEN,
                        limits);
        return new ReferenceLayer(layer, built, blob.toByteArray());
    }

    Bootstrap image() {
        return BootstrapReader.open(MemorySegment.ofArray(built.bootstrap()), "layer.boot");
    }

    BlobInfo blob() {
        return image().blobs().getFirst();
    }

    ByteSource open(BlobInfo info) {
        boolean data = info.has(BlobFeatures.SEPARATE);
        if (data && !info.id().equals(Digest.sha256Of(layer).hex())) {
            throw new AssertionError("no such layer: " + info.id());
        }
        return ByteSource.of(
                data ? "layer" : "meta blob", MemorySegment.ofArray(data ? layer : meta));
    }

    /** The image as a tar again; every chunk was checked. */
    byte[] unpacked() {
        return unpacked(image());
    }

    byte[] unpacked(Bootstrap image) {
        var out = new ByteArrayOutputStream();
        ImageUnpacker.unpack(image, this::open, out, "out.tar");
        return out.toByteArray();
    }

    /** Gzip members of random sizes, with blocks of all kinds. */
    static byte[] gzip(byte[] content, Random random, int members) {
        var out = new ByteArrayOutputStream();
        int at = 0;
        for (int m = 0; m < members; m++) {
            int end =
                    m == members - 1
                            ? content.length
                            : at + random.nextInt(content.length - at + 1);
            member(content, at, end, random, out);
            at = end;
        }
        return out.toByteArray();
    }

    private static void member(
            byte[] content, int from, int to, Random random, ByteArrayOutputStream out) {
        out.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, 'x', 0});
        var buffer = new byte[64 << 10];
        try (var deflater = new Deflater(6, true)) {
            for (int at = from; at < to; ) {
                int piece = Math.min(to - at, 1 + random.nextInt(200_000));
                deflater.setLevel(random.nextInt(10));
                deflater.setInput(content, at, piece);
                at += piece;
                while (!deflater.needsInput()) {
                    out.write(buffer, 0, deflater.deflate(buffer));
                }
                if (random.nextInt(4) == 0) {
                    out.write(
                            buffer,
                            0,
                            deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH));
                }
            }
            deflater.finish();
            while (!deflater.finished()) {
                out.write(buffer, 0, deflater.deflate(buffer));
            }
        }
        var crc = new CRC32();
        crc.update(content, from, to - from);
        for (long value : new long[] {crc.getValue(), to - from}) {
            for (int i = 0; i < 4; i++) {
                out.write((int) (value >>> (8 * i)));
            }
        }
    }

    /** Gives what it has in small odd pieces, as sockets do. */
    static InputStream trickle(byte[] bytes, Random random, int most) {
        return new FilterInputStream(new ByteArrayInputStream(bytes)) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return super.read(target, offset, Math.min(length, 1 + random.nextInt(most)));
            }
        };
    }
}
