package dev.naiad.net.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.RequestBody;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TlsTest {
    @TempDir static Path dir = Path.of("/");
    private static HttpServer server =
            new HttpServer(
                    "unused", Endpoint.tcp("127.0.0.1", 0), HttpServerConfig.defaults(), e -> {});

    @BeforeAll
    static void serve() throws Exception {
        var identity = selfSigned(dir, "localhost");
        server =
                new HttpServer(
                        "tls",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults().withTls(TlsContexts.server(identity)),
                        exchange -> {
                            byte[] body = exchange.bodyBytes();
                            exchange.reply(200, dev.naiad.net.http.Headers.EMPTY, body);
                        });
        server.start();
    }

    @AfterAll
    static void close() {
        server.close();
    }

    /** Makes a certificate with the JDK's keytool and writes it and its key as PEM. */
    private static TlsOptions.Identity selfSigned(Path dir, String name) throws Exception {
        Path store = dir.resolve(name + ".p12");
        var process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "k",
                                "-keyalg",
                                "EC",
                                "-groupname",
                                "secp256r1",
                                "-validity",
                                "3650",
                                "-dname",
                                "CN=" + name,
                                "-ext",
                                "SAN=dns:" + name,
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                store.toString(),
                                "-storepass",
                                "changeit")
                        .redirectErrorStream(true)
                        .redirectOutput(dir.resolve("keytool.log").toFile())
                        .start();
        assertThat(process.waitFor()).isZero();
        var keys = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(store)) {
            keys.load(in, "changeit".toCharArray());
        }
        Path certificate = dir.resolve(name + ".crt");
        Path key = dir.resolve(name + ".key");
        Files.writeString(certificate, pem("CERTIFICATE", keys.getCertificate("k").getEncoded()));
        Files.writeString(
                key, pem("PRIVATE KEY", keys.getKey("k", "changeit".toCharArray()).getEncoded()));
        return new TlsOptions.Identity(certificate, key);
    }

    private static String pem(String kind, byte[] der) {
        return "-----BEGIN "
                + kind
                + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                + "\n-----END "
                + kind
                + "-----\n";
    }

    private static byte[] echo(String host, TlsOptions options, byte[] body) {
        try (var client = new HttpClient("test", HttpClientConfig.defaults().withTls(options))) {
            byte[] last = new byte[0];
            for (int i = 0; i < 2; i++) {
                var request =
                        HttpRequest.of(
                                        "POST",
                                        HttpRequest.get(
                                                        "https://"
                                                                + host
                                                                + ":"
                                                                + server.port()
                                                                + "/")
                                                .url())
                                .withBody(RequestBody.of(body));
                try (var response = client.send(request)) {
                    last = response.body().readAll(4 << 20);
                }
            }
            return last;
        }
    }

    @Test
    void trustedServerIsTalkedTo() {
        byte[] body = new byte[300_000];
        new Random(3).nextBytes(body);
        var options = TlsOptions.DEFAULT.withCaFiles(List.of(dir.resolve("localhost.crt")));
        assertThat(echo("localhost", options, body)).isEqualTo(body);
    }

    @Test
    void unknownCertificateIsRefused() {
        assertThatThrownBy(() -> echo("localhost", TlsOptions.DEFAULT, new byte[1]))
                .isInstanceOfSatisfying(
                        NaiadException.class,
                        e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION));
    }

    @Test
    void certificateOfAnotherNameIsRefused() {
        var options = TlsOptions.DEFAULT.withCaFiles(List.of(dir.resolve("localhost.crt")));
        assertThatThrownBy(() -> echo("127.0.0.1", options, new byte[1]))
                .isInstanceOfSatisfying(
                        NaiadException.class,
                        e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION));
    }

    @Test
    void skipVerifyTakesAnyCertificateAndName() {
        var options = TlsOptions.DEFAULT.withSkipVerify(true);
        assertThat(echo("127.0.0.1", options, new byte[] {1, 2})).containsExactly(1, 2);
    }

    @Test
    void fileWithoutCertificateIsNamed() throws Exception {
        Path empty = Files.writeString(dir.resolve("empty.crt"), "nothing");
        var options = TlsOptions.DEFAULT.withCaFiles(List.of(empty));
        assertThatThrownBy(() -> TlsContexts.client(options)).hasMessageContaining("empty.crt");
    }
}
