package dev.naiad.benchmarks;

import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendCounters;
import dev.naiad.backend.ReadPriority;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.time.Ticker;
import dev.naiad.blobcache.BlobCache;
import dev.naiad.blobcache.BlobCacheLimits;
import dev.naiad.blobcache.CacheConfig;
import dev.naiad.blobcache.CachedBlob;
import dev.naiad.blobcache.ChunkSlice;
import dev.naiad.blobcache.MountCache;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The blob cache's part of a read. Score: chunks per second. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class CachedReadBenchmark {
    private final ManyFilesImage image = ManyFilesImage.build(4000);
    private final List<ChunkSlice> slices = new ArrayList<>();
    private final ArrayList<MemorySegment> views = new ArrayList<>();
    private final MemorySegment target = Arena.ofAuto().allocate(1 << 20);
    private @Nullable Path directory;
    private @Nullable BlobCache cache;
    private @Nullable MountCache mount;
    private int next;

    /** Fills the cache file. */
    @Setup
    public void open() throws IOException {
        directory = Files.createTempDirectory("naiad-bench");
        cache = BlobCache.open(BlobCacheLimits.DEFAULT, Clock.systemUTC(), Ticker.system());
        mount = cache.mount(CacheConfig.in(directory));
        byte[] file = image.layer.bootstrap();
        Bootstrap bootstrap =
                BootstrapReader.open(
                        Arena.ofAuto().allocate(file.length).copyFrom(MemorySegment.ofArray(file)),
                        "sample");
        CachedBlob blob =
                mount.open(
                        bootstrap.blobs().getFirst(),
                        bootstrap.chunks(0),
                        new InMemory(image.blob));
        slices.clear();
        var chunks = bootstrap.chunks(0);
        for (int i = 0; i < chunks.count(); i++) {
            var slice = new ChunkSlice(blob, i, 0, chunks.uncompressedSize(i));
            slices.add(slice);
            mount.readFully(List.of(slice), target);
        }
    }

    @TearDown
    public void close() throws IOException {
        Objects.requireNonNull(cache).close();
        try (var files = Files.list(Objects.requireNonNull(directory))) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    /** From the cache file. */
    @Benchmark
    public int warm() {
        var slice = List.of(slices.get((next++ & 0x7fff_ffff) % slices.size()));
        views.clear();
        var from = Objects.requireNonNull(mount);
        if (!from.tryRead(slice, views)) {
            from.readFully(slice, target);
        }
        return views.size();
    }

    /** A backend without a network. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record InMemory(byte[] blob) implements Backend {
        @Override
        public String type() {
            return "memory";
        }

        @Override
        public long size(String blobId, Deadline deadline) {
            return blob.length;
        }

        @Override
        public void read(
                String blobId,
                long offset,
                MemorySegment target,
                ReadPriority priority,
                Deadline deadline) {
            MemorySegment.copy(
                    blob, (int) offset, target, ValueLayout.JAVA_BYTE, 0, (int) target.byteSize());
        }

        @Override
        public InputStream stream(
                String blobId, long offset, ReadPriority priority, Deadline deadline) {
            return new ByteArrayInputStream(blob, (int) offset, blob.length - (int) offset);
        }

        @Override
        public BackendCounters metrics() {
            return new BackendCounters("memory");
        }

        @Override
        public void close() {}
    }
}
