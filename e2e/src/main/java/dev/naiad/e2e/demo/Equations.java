package dev.naiad.e2e.demo;

import dev.naiad.e2e.lab.AccessLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The books of all components must agree (docs/operate/demo.md): what one reports as sent, others
 * report as received.
 */
final class Equations {
    private final List<String> broken = new ArrayList<>();
    private final List<String> held = new ArrayList<>();

    /** What the Nydus runs moved, from two readings. */
    static Equations of(
            Meter.Reading before,
            Meter.Reading after,
            List<AccessLog.Entry> sent,
            Map<String, Long> blobSizes) {
        var equations = new Equations();
        long origin = delta(before, after, Meter.PeerCount::fromOrigin);
        long remote = delta(before, after, Meter.PeerCount::fromPeers);
        long uploaded = delta(before, after, Meter.PeerCount::uploaded);
        var dataBlobs =
                sent.stream()
                        .filter(AccessLog.Entry::isBlobContent)
                        .filter(entry -> blobSizes.containsKey(entry.blob()))
                        .toList();
        long stats = dataBlobs.stream().filter(AccessLog.Entry::isStat).count();
        long content = AccessLog.bytes(dataBlobs, entry -> !entry.isStat());
        equations.check(
                "registry's bytes of data blobs = peers' back-to-source bytes (and "
                        + stats
                        + " one-byte questions)",
                content,
                origin);
        equations.check("bytes uploaded by peers = bytes received from peers", uploaded, remote);
        equations.check(
                "requests of nydusd past the peer",
                dataBlobs.stream().filter(entry -> entry.agent().startsWith("nydusd")).count(),
                0);
        Map<String, Long> perBlob = new TreeMap<>();
        dataBlobs.stream()
                .filter(entry -> !entry.isStat())
                .forEach(entry -> perBlob.merge(entry.blob(), entry.bytes(), Long::sum));
        long twice =
                perBlob.entrySet().stream()
                        .mapToLong(
                                blob ->
                                        Math.max(
                                                0,
                                                blob.getValue()
                                                        - blobSizes.getOrDefault(
                                                                blob.getKey(), 0L)))
                        .sum();
        equations.check("bytes that left the registry a second time", twice, 0);
        return equations;
    }

    private static long delta(
            Meter.Reading before,
            Meter.Reading after,
            java.util.function.ToLongFunction<Meter.PeerCount> field) {
        long sum = field.applyAsLong(after.seed()) - field.applyAsLong(before.seed());
        for (int i = 0; i < after.peers().size(); i++) {
            sum +=
                    field.applyAsLong(after.peers().get(i))
                            - field.applyAsLong(before.peers().get(i));
        }
        return sum;
    }

    /** Notes whether the two are equal. */
    void check(String what, long left, long right) {
        if (left == right) {
            held.add("%s: %,d".formatted(what, left));
        } else {
            broken.add("%s: %,d is not %,d".formatted(what, left, right));
        }
    }

    List<String> held() {
        return List.copyOf(held);
    }

    List<String> broken() {
        return List.copyOf(broken);
    }
}
