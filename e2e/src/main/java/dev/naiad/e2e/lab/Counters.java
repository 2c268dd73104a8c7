package dev.naiad.e2e.lab;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** Samples of a Prometheus text by name and labels. */
public record Counters(Map<String, Double> samples) {
    private static final Pattern SAMPLE =
            Pattern.compile(
                    "^([a-zA-Z_:][a-zA-Z0-9_:]*(?:\\{.*\\})?) +([-+0-9.eEInfNa]+)(?: .*)?$");

    /** Reads a text. */
    public static Counters parse(String text) {
        var samples = new LinkedHashMap<String, Double>();
        for (String line : text.split("\n", -1)) {
            var found = SAMPLE.matcher(line);
            if (found.matches()) {
                samples.put(found.group(1), Double.parseDouble(found.group(2)));
            }
        }
        return new Counters(samples);
    }

    /**
     * The sum of a metric over all samples with the label text, such as {@code type="REMOTE_PEER"};
     * 0 if there are none.
     */
    public long sum(String name, String label) {
        double sum = 0;
        for (var sample : samples.entrySet()) {
            var key = sample.getKey();
            boolean named = key.equals(name) || key.startsWith(name + "{");
            if (named && key.contains(label)) {
                sum += sample.getValue();
            }
        }
        return Math.round(sum);
    }
}
