package dev.naiad.base.metrics;

import java.util.List;

/** A metric's name, help and children by label values. */
abstract sealed class Family permits Counter, Gauge, Histogram {
    private final String name;
    private final String help;
    private final List<String> labelNames;

    Family(String name, String help, List<String> labelNames) {
        this.name = name;
        this.help = help;
        this.labelNames = labelNames;
    }

    final String name() {
        return name;
    }

    final List<String> labelNames() {
        return labelNames;
    }

    final List<String> labelValues(String... values) {
        if (values.length != labelNames.size()) {
            throw new IllegalArgumentException(
                    name + " has labels " + labelNames + ", not " + values.length);
        }
        return List.of(values);
    }

    abstract String type();

    abstract void printSamples(StringBuilder out);

    final void print(StringBuilder out) {
        out.append("# HELP ")
                .append(name)
                .append(' ')
                .append(help.replace("\\", "\\\\").replace("\n", "\\n"));
        out.append("\n# TYPE ").append(name).append(' ').append(type()).append('\n');
        printSamples(out);
    }

    final void sample(
            StringBuilder out, String suffix, List<String> values, String extra, String number) {
        out.append(name).append(suffix);
        if (!values.isEmpty() || !extra.isEmpty()) {
            out.append('{');
            for (int i = 0; i < values.size(); i++) {
                out.append(i == 0 ? "" : ",").append(labelNames.get(i)).append("=\"");
                escape(out, values.get(i));
                out.append('"');
            }
            out.append(!values.isEmpty() && !extra.isEmpty() ? "," : "").append(extra).append('}');
        }
        out.append(' ').append(number).append('\n');
    }

    private static void escape(StringBuilder out, String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '"' -> out.append("\\\"");
                case '\n' -> out.append("\\n");
                default -> out.append(c);
            }
        }
    }

    /** Whole numbers without a fraction, as Prometheus clients print them. */
    static String format(double number) {
        if (Double.isNaN(number)) {
            return "NaN";
        }
        if (Double.isInfinite(number)) {
            return number > 0 ? "+Inf" : "-Inf";
        }
        if (number == Math.rint(number) && Math.abs(number) < 1e15) {
            return Long.toString((long) number);
        }
        return Double.toString(number);
    }
}
