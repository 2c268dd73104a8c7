package dev.naiad.benchmarks;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes a layer of many tiny files, a thousand in a directory: {@code LayerOfFiles COUNT FILE}.
 */
public final class LayerOfFiles {
    private static final int EACH = 1000;

    private LayerOfFiles() {}

    public static void main(String[] args) throws IOException {
        int count = Integer.parseInt(args[0]);
        try (var tar = new BufferedOutputStream(Files.newOutputStream(Path.of(args[1])), 1 << 20)) {
            for (int i = 0; i < count; i++) {
                var directory = ManyFilesImage.directory(i / EACH) + "/";
                if (i % EACH == 0) {
                    ManyFilesImage.entry(tar, directory, '5', new byte[0]);
                }
                ManyFilesImage.entry(
                        tar,
                        directory + ManyFilesImage.file(i % EACH),
                        '0',
                        ("file " + i + "\n").getBytes(StandardCharsets.US_ASCII));
            }
            tar.write(new byte[1024]);
        }
    }
}
