package dev.naiad.backend.connection;

import dev.naiad.net.client.HttpResponse;
import java.util.Optional;

/**
 * An answer and who gave it.
 *
 * @param mirror empty if the origin or the proxy answered
 */
public record Reply(HttpResponse response, Optional<Mirror> mirror) implements AutoCloseable {
    @Override
    public void close() {
        response.close();
    }
}
