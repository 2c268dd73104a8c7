package dev.naiad.benchmarks;

import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.LayerBuilder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** An image of many small files, built in memory. */
final class ManyFilesImage {
    static final int DIRECTORIES = 100;
    static final int FILES_EACH = 200;

    final BuiltLayer layer;
    final byte[] blob;

    private ManyFilesImage(BuiltLayer layer, byte[] blob) {
        this.layer = layer;
        this.blob = blob;
    }

    static String directory(int index) {
        return "package-%03d".formatted(index);
    }

    static String file(int index) {
        return "module_%04d.py".formatted(index);
    }

    /** 20 000 files of up to {@code maxSize} bytes. */
    static ManyFilesImage build(int maxSize) {
        byte[] tar;
        try {
            tar = tar(maxSize);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory does not fail", e);
        }
        var blob = new ByteArrayOutputStream();
        var layer =
                LayerBuilder.fromTar(
                        "sample",
                        Channels.newChannel(new ByteArrayInputStream(tar)),
                        BuildOptions.defaults(),
                        Channels.newChannel(blob));
        return new ManyFilesImage(layer, blob.toByteArray());
    }

    private static byte[] tar(int maxSize) throws IOException {
        var random = new Random(1);
        var content = SampleBytes.of(1 << 20);
        var tar = new ByteArrayOutputStream();
        for (int d = 0; d < DIRECTORIES; d++) {
            entry(tar, directory(d) + "/", '5', new byte[0]);
            for (int f = 0; f < FILES_EACH; f++) {
                int size = 200 + random.nextInt(maxSize - 200);
                int from = random.nextInt(content.length - size);
                entry(
                        tar,
                        directory(d) + "/" + file(f),
                        '0',
                        Arrays.copyOfRange(content, from, from + size));
            }
        }
        tar.writeBytes(new byte[1024]);
        return tar.toByteArray();
    }

    /** Writes an entry of a tar archive. */
    static void entry(OutputStream tar, String name, char type, byte[] content) throws IOException {
        var header = new byte[512];
        put(header, 0, name);
        put(header, 100, type == '5' ? "0000755" : "0000644");
        put(header, 108, "0000000");
        put(header, 116, "0000000");
        put(header, 124, "%011o".formatted(content.length));
        put(header, 136, "00000000000");
        header[156] = (byte) type;
        put(header, 257, "ustar\00000");
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, "%06o\0 ".formatted(sum));
        tar.write(header);
        tar.write(content);
        tar.write(new byte[(512 - content.length % 512) % 512]);
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
