package dev.naiad.dfdaemon.tool;

import java.io.PrintStream;
import java.util.Locale;

/** How much of a download is there, as a bar on standard error where a terminal is. */
final class DownloadProgress {
    private static final int WIDTH = 60;

    private final PrintStream err;
    private final String name;
    private final long total;
    private final boolean shown;
    private final long begin = System.nanoTime();
    private long bytes;

    DownloadProgress(PrintStream err, String name, long total, boolean wanted) {
        this.err = err;
        this.name = name;
        this.total = total;
        this.shown = wanted && Terminal.isThere();
        if (shown) {
            err.println(name);
        }
    }

    void add(long count) {
        bytes += count;
        if (shown) {
            err.print("\r" + bar());
            err.flush();
        }
    }

    boolean isComplete() {
        return bytes >= total;
    }

    /** Ends the line of the bar. */
    void end(boolean well) {
        if (shown) {
            err.println(well ? "\r" + bar() : "");
        }
    }

    private String bar() {
        double part = total == 0 ? 1 : Math.min(1, (double) bytes / total);
        double seconds = Math.max(1e-3, (System.nanoTime() - begin) / 1e9);
        int full = (int) (part * WIDTH);
        return String.format(
                Locale.ROOT,
                "[%02d:%02d] [%s%s] %3.0f%% (%.1f MiB/s)",
                (int) seconds / 60,
                (int) seconds % 60,
                "=".repeat(full),
                "-".repeat(WIDTH - full),
                part * 100,
                bytes / seconds / (1 << 20));
    }

    @Override
    public String toString() {
        return name + " " + bytes + "/" + total;
    }
}
