package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.net.http.BodyWriter;
import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.RealRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A registry that wants our memory or our time: it gets an error, soon. */
@Timeout(300)
class HostileRegistryTest {
    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

    /** What it sends before it believes that we would take everything. */
    private static final long ENDLESS = 1L << 30;

    /** What may be on its way when we have had enough, of all retries. */
    private static final long MUCH = 256L << 20;

    @TempDir Path dir = Path.of("/");

    private final Map<String, byte[]> answers = new ConcurrentHashMap<>();
    private final AtomicLong sent = new AtomicLong();
    private final List<AutoCloseable> open = new ArrayList<>();
    private String host = "";

    @BeforeEach
    void start() {
        var server =
                new HttpServer(
                        "hostile",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults(),
                        this::serve);
        open.add(server);
        server.start();
        host = "127.0.0.1:" + server.port();
    }

    @AfterEach
    void stop() throws Exception {
        for (var each : open.reversed()) {
            each.close();
        }
    }

    /** What it does not know goes on for ever. */
    private void serve(HttpExchange exchange) throws IOException {
        if (exchange.path().equals("/v2/")) {
            exchange.reply(200);
            return;
        }
        String name = exchange.path().substring(exchange.path().lastIndexOf('/') + 1);
        byte[] known = answers.get(name);
        boolean manifest = exchange.path().contains("/manifests/");
        var fields = Headers.of("Content-Type", manifest ? MANIFEST : "application/octet-stream");
        if (known != null) {
            exchange.reply(200, fields, known);
            return;
        }
        boolean lies = name.equals("huge");
        long length = lies ? 10L << 30 : BodyWriter.UNTIL_CLOSE;
        try (var body = exchange.stream(200, fields, length)) {
            byte[] spaces = " ".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
            for (long at = 0; at < ENDLESS; at += spaces.length) {
                body.write(spaces, 0, spaces.length);
                sent.addAndGet(spaces.length);
            }
        }
    }

    private static String descriptor(String type, String digest, long size) {
        return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}".formatted(type, digest, size);
    }

    /** A manifest under the tag, with a config and layers that may be anything. */
    private void manifest(String tag, String config, List<String> layers) {
        answers.put(
                tag,
                "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
                        .formatted(MANIFEST, config, String.join(",", layers))
                        .getBytes(StandardCharsets.UTF_8));
    }

    private String config(int layers) {
        byte[] json =
                ("{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":["
                                + String.join(
                                        ",", Collections.nCopies(layers, "\"" + digest(9) + "\""))
                                + "]}}")
                        .getBytes(StandardCharsets.UTF_8);
        var digest = Digest.sha256Of(json);
        answers.put(digest.toString(), json);
        return descriptor(CONFIG, digest.toString(), json.length);
    }

    private static String digest(int seed) {
        return Digest.sha256Of(new byte[] {(byte) seed, (byte) (seed >> 8)}).toString();
    }

    private void assertRefused(String tag, String... why) throws Exception {
        for (String command : List.of("convert", "check")) {
            sent.set(0);
            var run =
                    NydusifyRun.of(
                            dir,
                            command,
                            "--source",
                            host + "/app:" + tag,
                            "--target",
                            host + "/app:" + tag);
            assertThat(run.code()).as(run.err()).isNotZero();
            assertThat(run.err()).contains(why).doesNotContain("\tat ", "OutOfMemory");
            assertThat(sent.get()).as("%s: bytes that were taken", command).isLessThan(MUCH);
        }
    }

    @Test
    void endlessAndHugeManifests() throws Exception {
        assertRefused("endless", "endless");
        assertRefused("huge", "huge");
    }

    @Test
    void endlessConfig() throws Exception {
        manifest("config", descriptor(CONFIG, digest(1), 500), List.of());
        assertRefused("config", digest(1));
        manifest("large-config", descriptor(CONFIG, digest(1), 1L << 40), List.of());
        assertRefused("large-config", "config is larger than");
    }

    @Test
    void thousandsOfLayers() throws Exception {
        var layers = new ArrayList<String>();
        for (int i = 0; i < 5000; i++) {
            layers.add(descriptor(LAYER, digest(i), 100));
        }
        manifest("layers", config(5000), layers);
        assertRefused("layers", "layers");
    }

    @Test
    void endlessLayer() throws Exception {
        var registry = RealRegistry.start();
        open.add(registry);
        manifest("layer", config(1), List.of(descriptor(LAYER, digest(2), 1000)));
        var run =
                NydusifyRun.of(
                        dir,
                        "convert",
                        "--source",
                        host + "/app:layer",
                        "--target",
                        registry.authority() + "/app:layer");
        assertThat(run.code()).as(run.err()).isNotZero();
        assertThat(run.err()).doesNotContain("\tat ", "OutOfMemory");
        assertThat(sent.get()).as("bytes that were taken").isLessThan(MUCH);
    }
}
