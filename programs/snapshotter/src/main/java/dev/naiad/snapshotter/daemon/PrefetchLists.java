package dev.naiad.snapshotter.daemon;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Files to fetch early, by image reference, as the system API was told; each list serves one start.
 * Thread-safe.
 */
public final class PrefetchLists {
    private final Map<String, String> lists = new ConcurrentHashMap<>();

    public void put(String image, String files) {
        lists.put(image, files);
    }

    Optional<String> take(String image) {
        return Optional.ofNullable(lists.remove(image)).filter(files -> !files.isEmpty());
    }
}
