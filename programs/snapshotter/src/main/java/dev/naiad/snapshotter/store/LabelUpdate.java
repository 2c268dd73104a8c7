package dev.naiad.snapshotter.store;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What an Update call makes of a snapshot's labels. */
final class LabelUpdate {
    private LabelUpdate() {}

    /**
     * The labels after the call: all wanted ones for no path or {@code labels}, one of them for
     * {@code labels.KEY} (an empty value removes it).
     *
     * @throws NaiadException INVALID_ARGUMENT for any other path
     */
    static Map<String, String> apply(
            Map<String, String> now, SnapshotInfo wanted, List<String> paths) {
        var labels = new TreeMap<String, String>(paths.isEmpty() ? wanted.labels() : now);
        for (String path : paths) {
            if (path.startsWith("labels.")) {
                String key = path.substring("labels.".length());
                labels.put(key, wanted.labels().getOrDefault(key, ""));
            } else if (path.equals("labels")) {
                labels.clear();
                labels.putAll(wanted.labels());
            } else {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        "cannot update "
                                + SnapshotBuckets.quoted(path)
                                + " field on snapshot "
                                + SnapshotBuckets.quoted(wanted.name())
                                + ": invalid argument");
            }
        }
        labels.values().removeIf(String::isEmpty);
        return labels;
    }
}
