package dev.naiad.convert.conversion;

import dev.naiad.convert.verify.Evidence;
import dev.naiad.convert.verify.ImageAudit;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The comparison of a merged image with the layers of its source, on a thread of its own while the
 * image is merged, packed and sent. Nothing may get a name before {@link #await} returns. For the
 * thread that opened it.
 */
final class ImageVerification implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ImageVerification.class);

    private final String image;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().name("verify").daemon().factory());
    private @Nullable Future<ImageAudit> audit;
    private @Nullable Future<Long> entries;

    private ImageVerification(String image) {
        this.image = image;
    }

    /**
     * Begins with what is known before the merge.
     *
     * @param image its manifest's digest
     * @param layers lowest first; their evidence is used up; if one has none, nothing is compared
     */
    static ImageVerification begin(String image, List<ConvertedLayer> layers) {
        var verification = new ImageVerification(image);
        List<Evidence> evidence =
                layers.stream().flatMap(layer -> layer.evidence().stream()).toList();
        if (evidence.size() == layers.size()) {
            verification.audit =
                    verification.thread.submit(
                            () -> ImageAudit.consuming("image " + image, evidence));
        }
        return verification;
    }

    /** The image is merged. */
    void merged(byte[] bootstrap) {
        var expected = audit;
        if (expected != null) {
            audit = null;
            entries = thread.submit(() -> expected.get().check(bootstrap));
        }
    }

    /**
     * Waits for the outcome.
     *
     * @throws dev.naiad.base.error.NaiadException DATA_LOSS with the first difference
     */
    void await() throws InterruptedException {
        if (audit != null) {
            throw new IllegalStateException("the image is not merged yet");
        }
        var outcome = entries;
        if (outcome == null) {
            return;
        }
        try {
            LOG.info("verified {} entries against the layers of {}", outcome.get(), image);
        } catch (ExecutionException e) {
            throw failure(e);
        }
    }

    private static RuntimeException failure(ExecutionException failed) {
        return switch (failed.getCause()) {
            case ExecutionException inner -> failure(inner);
            case RuntimeException e -> e;
            case Error e -> throw e;
            case null, default -> new IllegalStateException(failed);
        };
    }

    @Override
    public void close() {
        thread.shutdownNow();
        thread.close();
    }
}
