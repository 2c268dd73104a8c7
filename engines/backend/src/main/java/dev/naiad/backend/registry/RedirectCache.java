package dev.naiad.backend.registry;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.net.http.HttpUrl;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Where the registry sent us for a blob; a bounded number, the least recently used go. */
final class RedirectCache {
    private static final int LIMIT = 4096;

    @GuardedBy("itself") private final LinkedHashMap<String, HttpUrl> targets =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, HttpUrl> eldest) {
                    return size() > LIMIT;
                }
            };

    Optional<HttpUrl> get(String blobId) {
        synchronized (targets) {
            return Optional.ofNullable(targets.get(blobId));
        }
    }

    void put(String blobId, HttpUrl target) {
        synchronized (targets) {
            targets.put(blobId, target);
        }
    }

    void remove(String blobId, HttpUrl target) {
        synchronized (targets) {
            targets.remove(blobId, target);
        }
    }
}
