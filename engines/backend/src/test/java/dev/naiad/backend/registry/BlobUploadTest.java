package dev.naiad.backend.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.config.ConnectionConfig;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A registry that keeps what has arrived of a piece that broke off. docker-registry gives such an
 * upload up, so it cannot stand for those that do not.
 */
@Timeout(60)
class BlobUploadTest {
    private final ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    private final List<String> requests = new ArrayList<>();

    /** How much of the first piece is kept before its connection breaks; negative breaks none. */
    private int keptOfTheFirst = 100_000;

    /** What is told of the state in place of the truth. */
    private String state = "";

    private boolean losesTheLastAnswer;
    private boolean committed;

    private synchronized void serve(HttpExchange exchange) throws IOException {
        String range = exchange.headers().first("Content-Range").orElse("");
        requests.add((exchange.method() + " " + range).strip());
        Headers location =
                Headers.builder().add("Location", "/v2/some/app/blobs/uploads/1").build();
        switch (exchange.method()) {
            case "POST" -> exchange.reply(202, location, new byte[0]);
            case "PATCH" -> {
                boolean first = requests.stream().filter(r -> r.startsWith("PATCH")).count() == 1;
                if (first && keptOfTheFirst >= 0) {
                    byte[] part = new byte[keptOfTheFirst];
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
            case "GET" -> {
                String truth = "0-" + Math.max(0, arrived.size() - 1);
                exchange.reply(
                        204,
                        location.toBuilder().add("Range", state.isEmpty() ? truth : state).build(),
                        new byte[0]);
            }
            case "HEAD" -> exchange.reply(committed ? 200 : 404);
            case "PUT" -> {
                committed = true;
                if (losesTheLastAnswer) {
                    losesTheLastAnswer = false;
                    exchange.tunnel(100, Headers.EMPTY).wire().close();
                } else {
                    exchange.reply(201, location, new byte[0]);
                }
            }
            default -> exchange.reply(405);
        }
    }

    private static byte[] noise() {
        byte[] bytes = new byte[300_000];
        new Random(3).nextBytes(bytes);
        return bytes;
    }

    private void upload(byte[] bytes) {
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
    }

    @Test
    void pieceThatBrokeOffGoesOnWhereTheRegistryStopped() {
        byte[] bytes = noise();
        upload(bytes);
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

    /** docker-registry says 0-0 of nothing as well as of one byte. */
    @Test
    void aPieceOfWhichNothingArrivedIsSentAgainFromItsBeginning() {
        keptOfTheFirst = 0;
        byte[] bytes = noise();
        upload(bytes);
        assertThat(arrived.toByteArray()).isEqualTo(bytes);
        assertThat(requests)
                .containsExactly(
                        "POST",
                        "PATCH 0-199999",
                        "GET",
                        "PATCH 0-199999",
                        "PATCH 200000-299999",
                        "PUT");
    }

    @Test
    void aPieceThatArrivedButForItsAnswerIsNotSentAgain() {
        keptOfTheFirst = 200_000;
        byte[] bytes = noise();
        upload(bytes);
        assertThat(arrived.toByteArray()).isEqualTo(bytes);
        assertThat(requests)
                .containsExactly("POST", "PATCH 0-199999", "GET", "PATCH 200000-299999", "PUT");
    }

    @Test
    void aBlobThatIsThereButForTheAnswerIsNotCommittedTwice() {
        keptOfTheFirst = -1;
        losesTheLastAnswer = true;
        upload(noise());
        assertThat(requests)
                .containsExactly("POST", "PATCH 0-199999", "PATCH 200000-299999", "PUT", "HEAD");
    }

    /** More than was sent, or no number at all: whatever it has, it is not our blob. */
    @ParameterizedTest
    @ValueSource(strings = {"0-400000", "0-200000", "none", "0-", "0-99999999999999999999"})
    void aStateThatCannotBeIsALostUpload(String told) {
        state = told;
        assertThatThrownBy(() -> upload(noise()))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("the upload is lost");
        assertThat(committed).isFalse();
    }
}
