package dev.naiad.dfdaemon.proxy;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import dev.naiad.dfdaemon.config.DfdaemonConfig;
import dev.naiad.dfdaemon.main.RunningDfdaemon;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpRange;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.ShortTempDir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A daemon without a scheduler, and a registry that remembers what it was sent. */
final class ProxyNode implements AutoCloseable {
    static final byte[] CONTENT = "content".getBytes(StandardCharsets.US_ASCII);
    private static final String DIGEST =
            "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";
    static final String BLOB = "/v2/naiad/alpine/blobs/sha256:" + DIGEST;
    static final String MANIFEST = "/v2/naiad/alpine/manifests/3";

    private final ShortTempDir dir = ShortTempDir.create();
    private final List<Headers> seen = new CopyOnWriteArrayList<>();
    private final HttpServer origin;
    private final RunningDfdaemon daemon;

    /**
     * @param server more keys of {@code proxy.server}, each with a comma before it
     */
    ProxyNode(String server) throws Exception {
        origin =
                new HttpServer(
                        "origin",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults(),
                        this::answer);
        origin.start();
        var problems = new Problems();
        DfdaemonConfig config =
                DfdaemonConfig.parse(
                        YamlReader.parse(
                                "test",
                                """
                                host: {ip: 127.0.0.1, hostname: node}
                                storage: {dir: %s/data, server: {ip: 127.0.0.1, tcpPort: 0}}
                                health: {server: {ip: 127.0.0.1, port: 0}}
                                metrics: {server: {ip: 127.0.0.1, port: 0}}
                                upload: {server: {ip: 127.0.0.1, port: 0}}
                                download: {server: {socketPath: %s/d.sock}}
                                proxy:
                                  server: {ip: 127.0.0.1, port: 0%s}
                                  registryMirror: {addr: "%s", enableTaskIDBasedBlobDigest: true}
                                  rules: [{regex: 'blobs/sha256.*'}]
                                """
                                        .formatted(dir.path(), dir.path(), server, url())),
                        problems);
        problems.throwIfAny();
        java.nio.file.Files.writeString(
                dir.resolve("dynconfig.yaml"), "scheduler: {addrs: [\"127.0.0.1:1\"]}\n");
        var nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
        daemon =
                RunningDfdaemon.start(
                        config,
                        dir.resolve("dynconfig.yaml"),
                        ProgramContext.forTest(nowhere, nowhere, Map.of()));
    }

    private void answer(HttpExchange exchange) throws IOException {
        seen.add(exchange.headers());
        var range =
                exchange.headers()
                        .first("Range")
                        .flatMap(text -> HttpRange.parse(text, CONTENT.length));
        if (range.isEmpty()) {
            exchange.reply(200, Headers.EMPTY, CONTENT);
            return;
        }
        exchange.reply(
                206,
                Headers.of("Content-Range", HttpRange.contentRange(range.get(), CONTENT.length)),
                Arrays.copyOfRange(
                        CONTENT, (int) range.get().offset(), (int) range.get().endExclusive()));
    }

    String url() {
        return "http://127.0.0.1:" + origin.port();
    }

    /** The headers of every request that reached the registry. */
    List<Headers> seen() {
        return seen;
    }

    Socket connect() throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), daemon.proxyPort());
        socket.setSoTimeout(60_000);
        return socket;
    }

    /** Sends one request, as it is on the wire, and gives the whole answer. */
    String ask(String requestLine, String... headers) throws IOException {
        try (Socket socket = connect()) {
            var text = new StringBuilder(requestLine).append(" HTTP/1.1\r\nHost: registry\r\n");
            for (String header : headers) {
                text.append(header).append("\r\n");
            }
            text.append("Connection: close\r\n\r\n");
            socket.getOutputStream().write(text.toString().getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Override
    public void close() {
        daemon.close();
        origin.close();
        dir.close();
    }
}
