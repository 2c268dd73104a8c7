package dev.naiad.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.Test;

final class RealRegistryTest {
    private static int status(RealRegistry registry, String path, String credentials)
            throws Exception {
        var request = HttpRequest.newBuilder(URI.create(registry.url() + path));
        if (!credentials.isEmpty()) {
            byte[] bytes = credentials.getBytes(StandardCharsets.UTF_8);
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(bytes));
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode();
        }
    }

    @Test
    void answersAndLogsWhatWasAsked() throws Exception {
        try (RealRegistry registry = RealRegistry.start()) {
            assertThat(status(registry, "/v2/", "")).isEqualTo(200);
            assertThat(status(registry, "/v2/a/manifests/none", "")).isEqualTo(404);
            Await.until("two lines in the log", () -> registry.accesses().size() == 2);
            assertThat(registry.accesses().getLast())
                    .satisfies(a -> assertThat(a.method()).isEqualTo("GET"))
                    .satisfies(a -> assertThat(a.path()).isEqualTo("/v2/a/manifests/none"))
                    .satisfies(a -> assertThat(a.status()).isEqualTo(404));
        }
    }

    @Test
    void knowsOneUser() throws Exception {
        try (RealRegistry registry = RealRegistry.builder().password().start()) {
            assertThat(status(registry, "/v2/", "")).isEqualTo(401);
            assertThat(status(registry, "/v2/", RealRegistry.USER + ":" + RealRegistry.PASSWORD))
                    .isEqualTo(200);
            assertThat(status(registry, "/v2/", RealRegistry.USER + ":wrong")).isEqualTo(401);
        }
    }

    @Test
    void stopsAndComesBackOnTheSamePort() throws Exception {
        try (RealRegistry registry = RealRegistry.start()) {
            registry.stop();
            assertThat(
                            org.assertj.core.api.Assertions.catchThrowable(
                                    () -> status(registry, "/v2/", "")))
                    .isInstanceOf(IOException.class);
            registry.restart();
            assertThat(status(registry, "/v2/", "")).isEqualTo(200);
        }
    }

    @Test
    void speaksTlsWithItsCertificate() {
        Requires.commands("curl");
        try (RealRegistry registry = RealRegistry.builder().tls().start()) {
            assertThat(registry.url()).startsWith("https://");
            var trusted =
                    Commands.run(
                            "curl",
                            "-s",
                            "--noproxy",
                            "*",
                            "--cacert",
                            registry.certificate().toString(),
                            registry.url() + "/v2/");
            assertThat(trusted.orFail().output()).isEqualTo("{}");
            assertThat(
                            Commands.run("curl", "-s", "--noproxy", "*", registry.url() + "/v2/")
                                    .exitCode())
                    .isNotZero();
        }
    }
}
