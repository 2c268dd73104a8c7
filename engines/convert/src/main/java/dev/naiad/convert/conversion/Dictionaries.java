package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the bootstrap of the last chunk dictionary by its manifest's digest, so that a caller
 * that converts many images fetches it once. It is nowhere but in memory. For several threads.
 */
public final class Dictionaries {
    @SuppressWarnings("ArrayRecordComponent") // handed over
    private record Known(Digest manifest, byte[] bootstrap) {}

    private final AtomicReference<@Nullable Known> last = new AtomicReference<>();

    /** The bootstrap of the image with that manifest. */
    byte[] bootstrap(Digest manifest, Supplier<byte[]> fetch) {
        Known known = last.get();
        if (known != null && known.manifest.equals(manifest)) {
            return known.bootstrap;
        }
        byte[] fetched = fetch.get();
        last.set(new Known(manifest, fetched));
        return fetched;
    }
}
