package dev.naiad.scheduler.seed;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32;

/**
 * Consistent hashing of task ids onto seed addresses, point for point like the original's ring:
 * CRC-32 (IEEE), 20 points a member, point i of member m at crc32(decimal(i) + m), a key belongs to
 * the first point strictly behind crc32(key). Immutable.
 */
public final class SeedRing {
    private static final int POINTS = 20;
    private final TreeMap<Long, String> points = new TreeMap<>();

    /** A ring of {@code ip:port} members. */
    public SeedRing(Collection<String> members) {
        // Sorted, so that two members on one point resolve the same way whatever order they were
        // announced in.
        for (String member : new TreeSet<>(members)) {
            for (int i = 0; i < POINTS; i++) {
                points.put(crc32(i + member), member);
            }
        }
    }

    /** The member responsible for a task; empty on an empty ring. */
    public Optional<String> pick(String taskId) {
        if (points.isEmpty()) {
            return Optional.empty();
        }
        Map.Entry<Long, String> behind = points.higherEntry(crc32(taskId));
        return Optional.of((behind != null ? behind : points.firstEntry()).getValue());
    }

    /** True without members. */
    public boolean isEmpty() {
        return points.isEmpty();
    }

    static long crc32(String text) {
        var crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return crc.getValue();
    }
}
