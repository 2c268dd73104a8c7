package dev.naiad.e2e.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The figures as a table, as JSON and as a bar chart. Pure. */
final class Report {
    private static final double MB = 1e6;
    private final String image;
    private final List<Run> runs;

    Report(String image, List<Run> runs) {
        this.image = image;
        this.runs = List.copyOf(runs);
    }

    // --- table ---

    String table() {
        var rows = new ArrayList<List<String>>();
        rows.add(
                List.of(
                        "",
                        "first output",
                        "exit",
                        "vs OCI",
                        "needed",
                        "registry",
                        "seed",
                        "other peer",
                        "own store",
                        "nydusd cache",
                        "requests"));
        for (Run run : runs) {
            rows.add(
                    List.of(
                            run.name(),
                            seconds(run.wallSeconds()),
                            seconds(run.exitSeconds()),
                            format("%.2f x", run.ratioToOci()),
                            format("%s (%.1f %%)", megabytes(run.neededBytes()), percent(run)),
                            megabytes(run.registryBytes()),
                            megabytes(run.seedBytes()),
                            megabytes(run.peerBytes()),
                            megabytes(run.localPeerBytes()),
                            megabytes(run.cacheBytes()),
                            Long.toString(run.registryRequests())));
        }
        int columns = rows.getFirst().size();
        var widths = new int[columns];
        for (var row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        var text = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            for (int i = 0; i < columns; i++) {
                var cell = rows.get(r).get(i);
                var space = " ".repeat(widths[i] - cell.length());
                text.append(i == 0 ? cell + space : "  " + space + cell);
            }
            text.append('\n');
            if (r == 0) {
                int total = -2;
                for (int width : widths) {
                    total += width + 2;
                }
                text.append("-".repeat(total)).append('\n');
            }
        }
        return text.toString();
    }

    private static double percent(Run run) {
        return run.imageBytes() == 0 ? 0 : 100.0 * run.neededBytes() / run.imageBytes();
    }

    private static String megabytes(long bytes) {
        return bytes == 0 ? "0" : format("%.1f MB", bytes / MB);
    }

    private static String seconds(double seconds) {
        return format("%.2f s", seconds);
    }

    @SuppressWarnings("AnnotateFormatMethod") // its annotation is not on our class path
    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    // --- JSON ---

    String json() {
        var text = new StringBuilder("{\"image\":").append(quote(image)).append(",\"runs\":[");
        for (int i = 0; i < runs.size(); i++) {
            var run = runs.get(i);
            text.append(i == 0 ? "\n " : ",\n ")
                    .append("{\"name\":")
                    .append(quote(run.name()))
                    .append(format(",\"wallSeconds\":%.3f", run.wallSeconds()))
                    .append(format(",\"exitSeconds\":%.3f", run.exitSeconds()))
                    .append(format(",\"ratioToOci\":%.3f", run.ratioToOci()));
            number(text, "neededBytes", run.neededBytes());
            number(text, "bytesAtFirstOutput", run.bytesAtFirstOutput());
            number(text, "imageBytes", run.imageBytes());
            number(text, "registryBytes", run.registryBytes());
            number(text, "seedBytes", run.seedBytes());
            number(text, "peerBytes", run.peerBytes());
            number(text, "localPeerBytes", run.localPeerBytes());
            number(text, "cacheBytes", run.cacheBytes());
            number(text, "registryRequests", run.registryRequests());
            text.append('}');
        }
        return text.append("\n]}\n").toString();
    }

    private static void number(StringBuilder text, String name, long value) {
        text.append(",\"").append(name).append("\":").append(value);
    }

    private static String quote(String text) {
        return dev.naiad.base.config.ConfigNode.of(text).toString();
    }

    // --- chart ---

    String svg() {
        int barHeight = 26;
        int rowHeight = 44;
        int left = 250;
        int width = 640;
        int top = 70;
        int height = top + runs.size() * rowHeight + 40;
        double longest = runs.stream().mapToDouble(Run::exitSeconds).max().orElse(1);
        var svg = new StringBuilder();
        svg.append(
                format(
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"13\">\n",
                        left + width + 130, height));
        svg.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        svg.append(
                label(
                        20,
                        30,
                        "Time to the first output (dark) and to the exit (light): " + image,
                        "bold"));
        svg.append(label(20, 50, "Right of the bar: bytes that left the registry.", "normal"));
        for (int i = 0; i < runs.size(); i++) {
            var run = runs.get(i);
            int y = top + i * rowHeight;
            double exit = Math.max(1, run.exitSeconds() / longest * width);
            double first = Math.max(1, run.wallSeconds() / longest * width);
            svg.append(label(20, y + 18, run.name(), "normal"));
            svg.append(bar(left, y, exit, barHeight, "#b9d3ea"));
            svg.append(bar(left, y, first, barHeight, "#2f6fa7"));
            svg.append(
                    label(
                            (int) (left + exit + 8),
                            y + 18,
                            seconds(run.wallSeconds()) + ", " + megabytes(run.registryBytes()),
                            "normal"));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String bar(int x, int y, double width, int height, String colour) {
        return format(
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
                x, y, width, height, colour);
    }

    private static String label(int x, int y, String text, String weight) {
        var escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        return format(
                "<text x=\"%d\" y=\"%d\" font-weight=\"%s\">%s</text>\n", x, y, weight, escaped);
    }
}
