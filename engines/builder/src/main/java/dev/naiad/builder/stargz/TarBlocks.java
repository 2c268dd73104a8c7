package dev.naiad.builder.stargz;

import dev.naiad.builder.tar.TarEntry;
import dev.naiad.builder.tar.TarWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Headers of the files that a seekable layer adds to its archive. */
final class TarBlocks {
    private static final int BLOCK = 512;

    private TarBlocks() {}

    /** How many bytes pad the last block of a file. */
    static int padding(long size) {
        return (int) (-size & BLOCK - 1);
    }

    /** The header of a plain file without an owner. */
    static byte[] file(String name, long size) {
        return header(
                new TarEntry(
                        name.getBytes(StandardCharsets.UTF_8),
                        TarEntry.Kind.FILE,
                        0,
                        0,
                        0,
                        size,
                        size,
                        0,
                        0,
                        new byte[0],
                        0,
                        0,
                        List.of(),
                        null));
    }

    /** The header of a file without its holes. */
    static byte[] header(TarEntry file) {
        var out = new ByteArrayOutputStream();
        new TarWriter(out, file.text()).file(file);
        return out.toByteArray();
    }
}
