package dev.naiad.dfdaemon.piece;

import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.Sha256;
import dev.naiad.dfdaemon.storage.StoredTask;
import java.util.Map;
import java.util.Optional;

/** Both ways by which a piece comes, with the limits of the configuration on them. */
public final class PieceTransfers {
    private final VortexClient vortex;
    private final Origin origin;
    private final RateLimiter download;
    private final RateLimiter backToSource;
    private final RateLimiter prefetch;

    public PieceTransfers(
            VortexClient vortex,
            Origin origin,
            RateLimiter download,
            RateLimiter backToSource,
            RateLimiter prefetch) {
        this.vortex = vortex;
        this.origin = origin;
        this.download = download;
        this.backToSource = backToSource;
        this.prefetch = prefetch;
    }

    public Origin origin() {
        return origin;
    }

    /** From a parent. */
    public PieceRecord fromParent(
            StoredTask task,
            int number,
            VortexClient.Source parent,
            Optional<Sha256> digest,
            boolean isPrefetch,
            TransferHandle handle) {
        RateLimiter[] limits =
                isPrefetch ? new RateLimiter[] {prefetch, download} : new RateLimiter[] {download};
        return vortex.fetch(task, number, parent, digest, limits, handle);
    }

    /** From the origin. */
    public PieceRecord fromOrigin(
            StoredTask task,
            int number,
            String url,
            Map<String, String> requestHeaders,
            boolean isPrefetch,
            TransferHandle handle) {
        RateLimiter[] limits =
                isPrefetch
                        ? new RateLimiter[] {prefetch, backToSource, download}
                        : new RateLimiter[] {backToSource, download};
        return origin.fetch(task, number, url, requestHeaders, limits, handle);
    }
}
