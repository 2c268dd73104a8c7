package dev.naiad.dfdaemon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The proxy's password, on the wire: asked for on every way, and never passed on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ProxyPasswordTest {
    private static final String PASSWORD =
            "Basic "
                    + Base64.getEncoder()
                            .encodeToString("user:secret".getBytes(StandardCharsets.US_ASCII));

    private ProxyNode node;

    @BeforeAll
    void start() throws Exception {
        node = new ProxyNode(", basicAuth: {username: user, password: secret}");
    }

    @AfterAll
    void stop() {
        node.close();
    }

    @BeforeEach
    void forget() {
        node.seen().clear();
    }

    private Stream<Arguments> ways() {
        return Stream.of(
                        "GET " + ProxyNode.BLOB,
                        "GET " + ProxyNode.MANIFEST,
                        "HEAD " + ProxyNode.MANIFEST,
                        "GET " + node.url() + ProxyNode.MANIFEST,
                        "GET " + node.url() + ProxyNode.BLOB + "?x=1")
                .flatMap(
                        line ->
                                Stream.of("Proxy-Authorization", "Authorization")
                                        .map(header -> Arguments.of(line, header)));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void theOriginNeverSeesThePassword(String line, String header) throws Exception {
        String answer = node.ask(line, header + ": " + PASSWORD, task(line + header));
        assertThat(answer).startsWith("HTTP/1.1 200");
        assertThat(node.seen())
                .isNotEmpty()
                .noneMatch(headers -> headers.contains("Authorization"))
                .noneMatch(headers -> headers.contains("Proxy-Authorization"));
        assertThat(node.ask(line)).startsWith("HTTP/1.1 40");
    }

    /** A header that gives a blob's request a task of its own, so that the origin is asked. */
    private static String task(String text) {
        return "X-Dragonfly-Content-For-Calculating-Task-ID: " + text;
    }

    @Test
    void aPasswordInBothHeadersIsTakenOutOfBoth() throws Exception {
        node.ask(
                "GET " + ProxyNode.MANIFEST,
                "Proxy-Authorization: " + PASSWORD,
                "Authorization: " + PASSWORD);
        assertThat(node.seen())
                .hasSize(1)
                .noneMatch(headers -> headers.contains("Authorization"))
                .noneMatch(headers -> headers.contains("Proxy-Authorization"));
    }

    @Test
    void theTokenOfTheRegistryGoesThrough() throws Exception {
        for (String path : new String[] {ProxyNode.MANIFEST, ProxyNode.BLOB}) {
            node.seen().clear();
            assertThat(
                            node.ask(
                                    "GET " + path,
                                    "Proxy-Authorization: " + PASSWORD,
                                    "Authorization: Bearer token",
                                    task("token")))
                    .startsWith("HTTP/1.1 200");
            assertThat(node.seen())
                    .isNotEmpty()
                    .allMatch(
                            headers ->
                                    headers.first("Authorization")
                                            .orElse("")
                                            .equals("Bearer token"))
                    .noneMatch(headers -> headers.contains("Proxy-Authorization"));
        }
    }

    @Test
    void withoutTheRightPasswordNothingIsAsked() throws Exception {
        assertThat(node.ask("GET " + ProxyNode.MANIFEST))
                .startsWith("HTTP/1.1 401")
                .contains("WWW-Authenticate: Basic");
        assertThat(node.ask("GET " + node.url() + ProxyNode.MANIFEST))
                .startsWith("HTTP/1.1 407")
                .contains("Proxy-Authenticate: Basic");
        assertThat(node.ask("CONNECT 127.0.0.1:1")).startsWith("HTTP/1.1 407");
        for (String wrong : new String[] {"Basic dXNlcjpvdGhlcg==", "Basic ***", "Bearer x", ""}) {
            assertThat(node.ask("GET " + ProxyNode.MANIFEST, "Authorization: " + wrong))
                    .startsWith("HTTP/1.1 401");
        }
        assertThat(node.seen()).isEmpty();
    }

    @Test
    void aTunnelCarriesTheClientsBytesOnly() throws Exception {
        try (var target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket client = node.connect()) {
            client.getOutputStream()
                    .write(
                            ("CONNECT 127.0.0.1:"
                                            + target.getLocalPort()
                                            + " HTTP/1.1\r\nHost: x\r\nProxy-Authorization: "
                                            + PASSWORD
                                            + "\r\n\r\nhello\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            try (Socket accepted = target.accept()) {
                accepted.setSoTimeout(60_000);
                var in =
                        new BufferedReader(
                                new InputStreamReader(
                                        accepted.getInputStream(), StandardCharsets.US_ASCII));
                assertThat(in.readLine()).isEqualTo("hello");
            }
        }
    }
}
