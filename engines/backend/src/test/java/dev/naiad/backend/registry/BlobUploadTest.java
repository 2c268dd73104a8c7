package dev.naiad.backend.registry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.backend.config.ConnectionConfig;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.net.client.Proxies;
import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A registry that keeps what has arrived of a piece that broke off. docker-registry gives such an
 * upload up, so it cannot stand for those that do not.
 */
@Timeout(60)
class BlobUploadTest {
    private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    private final List<String> requests = new ArrayList<>();

    private synchronized void serve(HttpExchange exchange) throws IOException {
        String range = exchange.headers().first("Content-Range").orElse("");
        requests.add((exchange.method() + " " + range).strip());
        Headers location =
                Headers.builder().add("Location", "/v2/some/app/blobs/uploads/1").build();
        switch (exchange.method()) {
            case "POST" -> exchange.reply(202, location, new byte[0]);
            case "PATCH" -> {
                boolean first = requests.stream().filter(r -> r.startsWith("PATCH")).count() == 1;
                if (first) {
                    byte[] part = new byte[100_000];
                    for (int n = 0; n < part.length; ) {
                        n += exchange.body().read(part, n, part.length - n);
                    }
                    arrived.writeBytes(part);
                    exchange.tunnel(100, Headers.EMPTY).wire().close();
                } else {
                    arrived.writeBytes(exchange.bodyBytes());
                    exchange.reply(202, location, new byte[0]);
                }
            }
            case "GET" ->
                    exchange.reply(
                            204,
                            location.toBuilder().add("Range", "0-" + (arrived.size() - 1)).build(),
                            new byte[0]);
            case "PUT" -> exchange.reply(201, location, new byte[0]);
            default -> exchange.reply(405);
        }
    }

    @Test
    void pieceThatBrokeOffGoesOnWhereTheRegistryStopped() {
        byte[] bytes = new byte[300_000];
        new Random(3).nextBytes(bytes);
        try (var server =
                new HttpServer(
                        "registry",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults().withMaxBodyBytes(1 << 20),
                        this::serve)) {
            server.start();
            String at = "127.0.0.1:" + server.port();
            var settings =
                    new RegistryRepository.Settings(
                            "http",
                            at,
                            at,
                            "some/app",
                            "pull,push",
                            "test",
                            host -> Optional.empty(),
                            ConnectionConfig.DEFAULT,
                            Proxies.NONE);
            try (var repository = new RegistryRepository(settings)) {
                var upload = repository.upload(Deadline.never());
                upload.append(bytes, 0, 200_000);
                upload.append(bytes, 200_000, 100_000);
                upload.commit(Digest.sha256Of(bytes));
            }
        }
        assertThat(arrived.toByteArray()).isEqualTo(bytes);
        assertThat(requests)
                .containsExactly(
                        "POST",
                        "PATCH 0-199999",
                        "GET",
                        "PATCH 100000-199999",
                        "PATCH 200000-299999",
                        "PUT");
    }
}
