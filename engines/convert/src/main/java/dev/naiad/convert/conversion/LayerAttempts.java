package dev.naiad.convert.conversion;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.oci.image.Descriptor;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries to convert a layer until it is converted or what stands against it will not pass. A broken
 * push begins again with the layer, since what was sent is not kept.
 */
public final class LayerAttempts {
    private static final Logger LOG = LoggerFactory.getLogger(LayerAttempts.class);

    private final ConvertOptions options;
    private final ConversionProgress progress;

    public LayerAttempts(ConvertOptions options, ConversionProgress progress) {
        this.options = options;
        this.progress = progress;
    }

    /** One try. */
    @FunctionalInterface
    public interface Attempt<T> {
        /**
         * Converts.
         *
         * @param pulled told how many bytes of the layer have come
         */
        T run(LongConsumer pulled) throws Exception;
    }

    ConvertedLayer convert(Descriptor layer, Attempt<ConvertedLayer> attempt) throws Exception {
        return convert(layer, ConvertedLayer::descriptor, attempt);
    }

    /**
     * Converts into something else.
     *
     * @param described says what came of it
     */
    public <T> T convert(Descriptor layer, Function<T, Descriptor> described, Attempt<T> attempt)
            throws Exception {
        for (int tried = 1; ; tried++) {
            var pulled = new AtomicLong();
            LongConsumer counter =
                    count -> {
                        pulled.addAndGet(count);
                        progress.pulled(count);
                    };
            try {
                long begin = System.nanoTime();
                T converted = onPlatformThread(layer, () -> attempt.run(counter));
                LOG.atInfo()
                        .addKeyValue("source", layer.digest())
                        .addKeyValue("target", described.apply(converted).digest())
                        .addKeyValue(
                                "size", ConversionProgress.size(described.apply(converted).size()))
                        .addKeyValue(
                                "elapsed",
                                Duration.ofNanos(System.nanoTime() - begin).toMillis() + "ms")
                        .log("converted layer");
                return converted;
            } catch (NaiadException e) {
                progress.pulled(-pulled.get());
                if (tried >= options.attempts() || !passing(e.kind())) {
                    throw e;
                }
                LOG.warn("layer {} is converted again: {}", layer.digest(), e.what());
                Thread.sleep(options.retryDelay());
            }
        }
    }

    private static boolean passing(ErrorKind kind) {
        // FAILED_PRECONDITION: the registry has forgotten the upload.
        return kind == ErrorKind.UNAVAILABLE
                || kind == ErrorKind.DEADLINE_EXCEEDED
                || kind == ErrorKind.FAILED_PRECONDITION;
    }

    /** Parsing a tar keeps a processor busy and must not hold up the network's virtual threads. */
    private static <T> T onPlatformThread(Descriptor layer, Callable<T> work) throws Exception {
        var task = new FutureTask<>(work);
        Thread thread =
                Thread.ofPlatform()
                        .name("layer-" + layer.digest().hex().substring(0, 12))
                        .daemon()
                        .start(task);
        try {
            return task.get();
        } catch (InterruptedException e) {
            thread.interrupt();
            thread.join(); // what it has open is closed before the caller goes on
            throw e;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
