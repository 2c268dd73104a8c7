package dev.naiad.e2e.containerd;

import dev.naiad.containerdapi.images.Descriptor;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Downloads of layers, a few at a time in their order. Used by one thread. */
final class LayerDownloads implements Unpacker.Downloads, AutoCloseable {
    private static final int AT_ONCE = 3;

    private final List<Descriptor> layers;
    private final Download download;
    private final ExecutorService threads =
            Executors.newFixedThreadPool(
                    AT_ONCE, Thread.ofPlatform().name("layer-", 0).daemon().factory());
    private final Map<String, Future<?>> running = new HashMap<>();

    /** Brings one layer into the content store. */
    interface Download {
        void of(Descriptor layer) throws IOException;
    }

    LayerDownloads(List<Descriptor> layers, Download download) {
        this.layers = layers;
        this.download = download;
    }

    @Override
    public void startFrom(int first) {
        // An image may contain a layer twice.
        for (var layer : layers.subList(first, layers.size())) {
            running.computeIfAbsent(
                    layer.getDigest(),
                    _ ->
                            threads.submit(
                                    () -> {
                                        download.of(layer);
                                        return layer;
                                    }));
        }
    }

    @Override
    public void await(int layer) throws IOException {
        var digest = layers.get(layer).getDigest();
        var future = running.get(digest);
        if (future == null) {
            throw new IllegalStateException("the download of " + digest + " was not started");
        }
        try {
            var _ = future.get();
        } catch (ExecutionException failure) {
            throw new IOException("download of " + digest + ": " + failure.getCause(), failure);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for " + digest, stopped);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        try {
            var _ = threads.awaitTermination(10, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
