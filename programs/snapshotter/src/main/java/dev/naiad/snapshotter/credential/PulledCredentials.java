package dev.naiad.snapshotter.credential;

import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.auth.Credential;
import dev.naiad.oci.ref.ImageReference;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Credentials that pull requests carried, by the image's full reference; bounded, the oldest go
 * first. Held in memory only. Thread-safe.
 */
public final class PulledCredentials {
    private static final int MOST = 4096;

    private final Map<String, Credential> known =
            Collections.synchronizedMap(
                    new LinkedHashMap<>() {
                        @Override
                        protected boolean removeEldestEntry(Map.Entry<String, Credential> eldest) {
                            return size() > MOST;
                        }
                    });

    void remember(String image, Credential credential) {
        key(image).ifPresent(key -> known.put(key, credential));
    }

    void forget(String image) {
        key(image).ifPresent(known::remove);
    }

    Optional<Credential> of(String image) {
        return key(image).map(known::get);
    }

    private static Optional<String> key(String image) {
        try {
            return Optional.of(ImageReference.parse(image).toString());
        } catch (NaiadException e) {
            return Optional.empty();
        }
    }
}
