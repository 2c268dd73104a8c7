package dev.naiad.acceleration.layer;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.acceleration.state.StateLog;
import dev.naiad.base.bytes.ByteSize;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.FdSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs of converted layers in a directory, by digest, and which source layer each is of. Never
 * larger than its limit: what is used least often goes first, among equals what was not used for
 * the longest time. A blob that is being read when it goes can be read on. For several threads.
 * docs/formats/acceld-state.md
 */
public final class LayerStore {
    private static final Logger LOG = LoggerFactory.getLogger(LayerStore.class);

    private final Path blobs;
    private final Path ingest;
    private final long limit;
    private final InstantSource clock;
    private final StateLog log;
    private final ReentrantLock lock = new ReentrantLock();

    /** By key. */
    @GuardedBy("lock") private final Map<String, KeptLayer> layers = new HashMap<>();

    private LayerStore(Path directory, ByteSize limit, InstantSource clock) {
        this.blobs = directory.resolve("blobs/sha256");
        this.ingest = directory.resolve("ingest");
        this.limit = limit.bytes();
        this.clock = clock;
        this.log = StateLog.open(directory.resolve("layers.log"), false);
    }

    /**
     * Opens the store: what an earlier process left half-done is removed.
     *
     * @param limit of the blobs' sizes together
     */
    public static LayerStore open(Path directory, ByteSize limit, InstantSource clock) {
        try {
            Files.createDirectories(directory.resolve("blobs/sha256"));
            Files.createDirectories(directory.resolve("ingest"));
            var store = new LayerStore(directory, limit, clock);
            store.lock.lock();
            try {
                store.load();
                return store;
            } finally {
                store.lock.unlock();
            }
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, directory + ": " + e.getMessage(), e);
        }
    }

    @GuardedBy("lock") private void load() throws IOException {
        for (Path left : files(ingest)) {
            Files.delete(left);
        }
        var gone = new ArrayList<String>();
        var named = new HashSet<String>();
        for (var record : log.records()) {
            try {
                var layer = KeptLayer.read(record);
                Path file = file(layer.blob());
                if (Files.isRegularFile(file) && Files.size(file) == layer.size()) {
                    layers.put(layer.key(), layer);
                    named.add(layer.blob().hex());
                } else {
                    gone.add(layer.key());
                }
            } catch (NaiadException e) {
                gone.add(record.get("id").text());
                LOG.warn("a layer is left out: {}", e.what());
            }
        }
        log.forget(gone);
        for (Path file : files(blobs)) {
            if (!named.contains(String.valueOf(file.getFileName()))) {
                Files.delete(file); // its record did not make it
            }
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (var all = Files.list(directory)) {
            return all.toList();
        }
    }

    private Path file(Digest blob) {
        return blobs.resolve(blob.hex());
    }

    /** A layer of that key, counted as used; its file is open. */
    Optional<Found> find(String key) {
        KeptLayer layer;
        lock.lock();
        try {
            KeptLayer known = layers.get(key);
            if (known == null) {
                return Optional.empty();
            }
            layer = known.used(clock.instant());
            layers.put(key, layer);
        } finally {
            lock.unlock();
        }
        try {
            var found = new Found(layer.blob(), FdSource.open(file(layer.blob())));
            record(layer);
            return Optional.of(found);
        } catch (NaiadException e) {
            LOG.warn("layer {} is lost: {}", layer.blob(), e.what());
            drop(List.of(layer));
            return Optional.empty();
        }
    }

    /** A blob that is kept. Close it. */
    record Found(Digest blob, FdSource content) implements AutoCloseable {
        @Override
        public void close() {
            content.close();
        }
    }

    private void record(KeptLayer layer) {
        try {
            log.put(layer.key(), layer.line());
        } catch (NaiadException e) {
            LOG.warn("the use of layer {} is not written down: {}", layer.blob(), e.what());
        }
    }

    /** A file for a blob that is being made; the caller moves or deletes it. */
    Path newFile() throws IOException {
        return Files.createTempFile(ingest, "layer", "");
    }

    /** Whether a blob of that size may be kept at all. */
    boolean takes(long size) {
        return size <= limit;
    }

    /** Takes a complete blob over, if there is room for it or room can be made. */
    void keep(String key, Digest blob, Path made) throws IOException {
        long size = Files.size(made);
        if (!takes(size)) {
            return;
        }
        shrinkTo(limit - size);
        Files.move(
                made,
                file(blob),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        var layer = new KeptLayer(key, blob, size, 1, clock.instant());
        lock.lock();
        try {
            layers.put(key, layer);
        } finally {
            lock.unlock();
        }
        record(layer);
        shrinkTo(limit); // several may have come at once
    }

    /** Forgets a layer that turned out to be wrong. */
    void discard(String key) {
        List<KeptLayer> known;
        lock.lock();
        try {
            known = Optional.ofNullable(layers.get(key)).stream().toList();
        } finally {
            lock.unlock();
        }
        drop(known);
    }

    /** The blobs' sizes together. */
    public long size() {
        lock.lock();
        try {
            return size(layers.values());
        } finally {
            lock.unlock();
        }
    }

    private static long size(Iterable<KeptLayer> all) {
        Set<Digest> counted = new HashSet<>();
        long sum = 0;
        for (KeptLayer layer : all) {
            if (counted.add(layer.blob())) {
                sum += layer.size();
            }
        }
        return sum;
    }

    /** Whether the directory can be read. */
    public boolean isReadable() {
        return Files.isDirectory(blobs) && Files.isReadable(blobs);
    }

    /** Removes layers until at most that part of the limit is left. */
    public void shrinkToPercent(int percent) {
        shrinkTo(limit / 100 * percent);
    }

    private void shrinkTo(long most) {
        List<KeptLayer> victims;
        lock.lock();
        try {
            victims = victims(layers.values(), most);
        } finally {
            lock.unlock();
        }
        drop(victims);
    }

    /** Which layers go so that at most {@code most} bytes are left. */
    static List<KeptLayer> victims(Iterable<KeptLayer> all, long most) {
        var sorted = new ArrayList<KeptLayer>();
        all.forEach(sorted::add);
        sorted.sort(Comparator.comparingLong(KeptLayer::uses).thenComparing(KeptLayer::lastUse));
        var victims = new ArrayList<KeptLayer>();
        long left = size(sorted);
        var references = new HashMap<Digest, Integer>();
        sorted.forEach(layer -> references.merge(layer.blob(), 1, Integer::sum));
        for (KeptLayer layer : sorted) {
            if (left <= most) {
                break;
            }
            victims.add(layer);
            if (references.merge(layer.blob(), -1, Integer::sum) == 0) {
                left -= layer.size();
            }
        }
        return victims;
    }

    private void drop(List<KeptLayer> victims) {
        if (victims.isEmpty()) {
            return;
        }
        var unnamed = new HashSet<Digest>();
        lock.lock();
        try {
            for (KeptLayer victim : victims) {
                layers.remove(victim.key());
                unnamed.add(victim.blob());
            }
            layers.values().forEach(layer -> unnamed.remove(layer.blob()));
        } finally {
            lock.unlock();
        }
        try {
            log.forget(victims.stream().map(KeptLayer::key).toList());
            for (Digest blob : unnamed) {
                Files.deleteIfExists(file(blob));
            }
            LOG.info("removed {} layers, {} bytes are left", victims.size(), size());
        } catch (IOException | NaiadException e) {
            LOG.warn("layers cannot be removed: {}", e.toString());
        }
    }
}
