package dev.naiad.base.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A log file that is appended to and rotated when it grows too large: {@code
 * name-2026-11-24T05-33-55.883.log}, gzipped if asked, the oldest ones deleted. Every write reaches
 * the kernel. Safe for use by many threads.
 */
public final class RotatingFile implements LogTarget {
    private final Path file;
    private final long maxBytes;
    private final int keep;
    private final boolean gzip;
    private final InstantSource clock;

    @GuardedBy("this") private @Nullable OutputStream out;

    @GuardedBy("this") private long size;

    /**
     * Opens the file, making its parents.
     *
     * @param maxBytes size at which it is rotated; 0 for never
     * @param keep how many old files are kept; 0 for all
     * @throws NaiadException UNAVAILABLE if it cannot be opened
     */
    public RotatingFile(Path file, long maxBytes, int keep, boolean gzip, InstantSource clock) {
        this.file = file.toAbsolutePath();
        this.maxBytes = maxBytes;
        this.keep = keep;
        this.gzip = gzip;
        this.clock = clock;
        try {
            Path parent = this.file.getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            open();
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "log file " + file + " cannot be opened", e);
        }
    }

    private synchronized void open() throws IOException {
        out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        size = Files.size(file);
    }

    @Override
    public synchronized void write(String lines) {
        byte[] bytes = lines.getBytes(StandardCharsets.UTF_8);
        try {
            if (maxBytes > 0 && size > 0 && size + bytes.length > maxBytes) {
                rotate();
            }
            if (out != null) {
                out.write(bytes);
                size += bytes.length;
            }
        } catch (IOException e) {
            // A full disk must not stop the program; the next line tries again.
            size = 0;
        }
    }

    private synchronized void rotate() throws IOException {
        if (out != null) {
            out.close();
            out = null;
        }
        String name = String.valueOf(file.getFileName());
        String stem = name.endsWith(".log") ? name.substring(0, name.length() - 4) : name;
        var written = new StringBuilder();
        LogTime.append(written, clock.instant(), 'T', '-', 3);
        String stamp = written.toString();
        Path old = file.resolveSibling(stem + "-" + stamp + ".log");
        for (int i = 1; Files.exists(old) || Files.exists(gzipped(old)); i++) {
            old = file.resolveSibling(stem + "-" + stamp + "-" + i + ".log");
        }
        try {
            Files.move(file, old, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            open();
        }
        if (gzip) {
            try (OutputStream packed = new GZIPOutputStream(Files.newOutputStream(gzipped(old)))) {
                Files.copy(old, packed);
            }
            Files.delete(old);
        }
        deleteOldest(stem);
    }

    private static Path gzipped(Path old) {
        return old.resolveSibling(old.getFileName() + ".gz");
    }

    private void deleteOldest(String stem) throws IOException {
        Path parent = file.getParent();
        if (keep <= 0 || parent == null) {
            return;
        }
        List<Path> old;
        try (Stream<Path> files = Files.list(parent)) {
            old =
                    files.filter(
                                    f ->
                                            String.valueOf(f.getFileName())
                                                    .matches(
                                                            java.util.regex.Pattern.quote(stem)
                                                                    + "-\\d{4}-.*\\.log(\\.gz)?"))
                            .sorted()
                            .toList();
        }
        for (Path file : old.subList(0, Math.max(0, old.size() - keep))) {
            Files.deleteIfExists(file);
        }
    }

    @Override
    public synchronized void close() {
        if (out != null) {
            try {
                out.close();
            } catch (IOException e) {
                // Every line has already reached the kernel.
            }
            out = null;
        }
    }
}
