package dev.naiad.backend.objectstore;

import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendContract;
import dev.naiad.backend.TestBackends;
import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

class HttpBackendTest extends BackendContract {
    @TempDir Path dir = Path.of("/");
    private final List<AutoCloseable> open = new ArrayList<>();

    @Override
    protected Backend open() throws Exception {
        Path file = Files.write(dir.resolve("blob"), CONTENT);
        var channel = FileChannel.open(file);
        open.add(channel);
        var server =
                new HttpServer(
                        "http",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults(),
                        exchange -> {
                            if (exchange.path().equals("/base/dir/" + BLOB)) {
                                exchange.replyFile(Headers.EMPTY, channel, CONTENT.length);
                            } else {
                                exchange.reply(404);
                            }
                        });
        server.start();
        open.add(server);
        return TestBackends.open(
                "http-proxy",
                "{\"addr\":\"http://127.0.0.1:" + server.port() + "/base\",\"path\":\"dir\"}");
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }
}
