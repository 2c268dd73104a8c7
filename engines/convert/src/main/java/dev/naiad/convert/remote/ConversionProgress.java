package dev.naiad.convert.remote;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Shows how far a conversion is: one line that is redrawn on a terminal, nothing elsewhere (the log
 * has lines).
 */
public final class ConversionProgress implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(200);
    private static final int BAR = 30;

    /** Takes what is on the terminal's line away. */
    public static final String CLEAR = "\r\u001b[K";

    private final PrintStream out;
    private final boolean terminal;
    private final AtomicLong total = new AtomicLong();
    private final AtomicLong pulled = new AtomicLong();
    private final AtomicLong pushed = new AtomicLong();
    private final Thread painter;
    private volatile boolean closed;
    private boolean drawn;

    public ConversionProgress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
        this.painter = Thread.ofVirtual().name("progress").unstarted(this::run);
    }

    /** Whether standard error is a terminal that can redraw a line. */
    @SuppressWarnings("ReferenceEquality") // the process's own stream, not one like it
    public static boolean onTerminal(PrintStream err, String term) {
        if (err != System.err || term.isEmpty() || term.equals("dumb")) {
            return false;
        }
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException e) {
            return false;
        }
    }

    public void start() {
        if (terminal) {
            painter.start();
        }
    }

    /** More bytes are to be pulled. */
    public void expect(long bytes) {
        total.addAndGet(bytes);
    }

    public void pulled(long bytes) {
        pulled.addAndGet(bytes);
    }

    public void pushed(long bytes) {
        pushed.addAndGet(bytes);
    }

    public long pushedBytes() {
        return pushed.get();
    }

    private void run() {
        while (!closed) {
            paint();
            try {
                Thread.sleep(INTERVAL);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private synchronized void paint() {
        if (closed) {
            return;
        }
        drawn = true;
        out.print("\r" + line() + "\u001b[K");
        out.flush();
    }

    /** The line without control characters. */
    String line() {
        long all = Math.max(1, total.get());
        int filled = (int) Math.min(BAR, pulled.get() * BAR / all);
        return String.format(
                Locale.ROOT,
                "[%s%s] %3d %%  pulled %s of %s, pushed %s",
                "#".repeat(filled),
                ".".repeat(BAR - filled),
                Math.min(100, pulled.get() * 100 / all),
                size(pulled.get()),
                size(total.get()),
                size(pushed.get()));
    }

    public static String size(long bytes) {
        if (bytes < 1 << 20) {
            return String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0);
        }
        return String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }

    /** Wipes the line. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            if (drawn) {
                out.print(CLEAR);
                out.flush();
            }
        }
        painter.interrupt();
    }
}
