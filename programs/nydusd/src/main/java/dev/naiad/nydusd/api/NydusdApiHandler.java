package dev.naiad.nydusd.api;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.log.Log;
import dev.naiad.base.log.LogLevel;
import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpHandler;
import dev.naiad.nydusd.config.NydusdConfig;
import dev.naiad.nydusd.daemon.NydusDaemon;
import dev.naiad.nydusd.daemon.RafsMountSpec;
import dev.naiad.nydusdapi.DaemonInfo;
import dev.naiad.nydusdapi.InflightRequest;
import dev.naiad.nydusdapi.MountRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the API's requests: each either 204, 200 with JSON, or an {@link NydusdApiError}.
 * Requests of several connections run at the same time; the daemon makes changes serial.
 */
public final class NydusdApiHandler implements HttpHandler {
    private static final Logger LOG = LoggerFactory.getLogger(NydusdApiHandler.class);

    private static final Headers HEADERS =
            Headers.of("Server", "Nydus API").with("Connection", "keep-alive");

    private static final int MAX_NAME_BYTES = 255;

    private final NydusDaemon daemon;

    public NydusdApiHandler(NydusDaemon daemon) {
        this.daemon = daemon;
    }

    @Override
    public void handle(HttpExchange exchange) throws Exception {
        int status = 204;
        String body;
        try {
            body = answer(exchange);
            if (!body.isEmpty()) {
                status = 200;
            }
        } catch (NydusdApiError e) {
            status = e.status();
            body = e.toJson();
            LOG.warn("{} {}: {}", exchange.method(), exchange.target(), e.getMessage());
        }
        var headers = body.isEmpty() ? HEADERS : HEADERS.with("Content-Type", "application/json");
        exchange.reply(status, headers, body.getBytes(StandardCharsets.UTF_8));
        if (exchange.path().equals("/api/v1/daemon/exit") && status == 204) {
            daemon.requestStop();
        }
    }

    /** JSON, or nothing for 204. */
    private String answer(HttpExchange exchange) throws NydusdApiError, IOException {
        var path = exchange.path();
        return switch (path) {
            case "/api/v1/daemon", "/api/v2/daemon" -> daemon(exchange, path.startsWith("/api/v2"));
            case "/api/v1/daemon/start" -> control(exchange, "Configure", daemon::start);
            case "/api/v1/daemon/exit" -> control(exchange, "Configure", daemon::exit);
            case "/api/v1/daemon/fuse/takeover" -> control(exchange, "Upgrade", daemon::takeover);
            case "/api/v1/daemon/fuse/sendfd" -> control(exchange, "Upgrade", daemon::sendFd);
            case "/api/v1/daemon/events" -> {
                only(exchange, "GET");
                yield daemon.events().toJson();
            }
            case "/api/v1/daemon/backend" -> {
                only(exchange, "GET");
                yield daemon.reports()
                        .superblock(mountpoint(exchange))
                        .orElseThrow(
                                () ->
                                        NydusdApiError.of(
                                                "FsBackendInfo",
                                                "DaemonAbnormal",
                                                new NaiadException(
                                                        ErrorKind.NOT_FOUND,
                                                        "object or filesystem doesn't exist")));
            }
            case "/api/v1/mount" -> mount(exchange);
            case "/api/v1/config" -> config(exchange);
            case "/api/v2/blobs" ->
                    throw NydusdApiError.of(
                            "Configure",
                            "DaemonAbnormal",
                            new NaiadException(ErrorKind.UNIMPLEMENTED, "blobs"));
            default -> metrics(exchange, path);
        };
    }

    private String daemon(HttpExchange exchange, boolean v2) throws NydusdApiError, IOException {
        if (exchange.method().equals("GET")) {
            var info = daemon.info();
            return v2
                    ? new DaemonInfo(
                                    info.version(),
                                    info.id(),
                                    info.supervisor(),
                                    info.state(),
                                    Optional.empty())
                            .toJson()
                    : info.toJson();
        }
        only(exchange, "PUT");
        var level = LogLevel.parse(object(exchange).get("log_level").text());
        Log.setLevel(level.orElseThrow(() -> NydusdApiError.payload("Configure")));
        return "";
    }

    /** What an action of the daemon may throw. */
    @FunctionalInterface
    private interface Action {
        void run() throws Exception;
    }

    private static String control(HttpExchange exchange, String wrapper, Action action)
            throws NydusdApiError, IOException {
        only(exchange, "PUT");
        noBody(exchange);
        try {
            action.run();
        } catch (Exception e) {
            throw NydusdApiError.of(wrapper, "DaemonAbnormal", e);
        }
        return "";
    }

    private String mount(HttpExchange exchange) throws NydusdApiError, IOException {
        var mountpoint = mountpoint(exchange);
        try {
            switch (exchange.method()) {
                case "POST" -> daemon.mount(spec(mountpoint, exchange));
                case "PUT" -> daemon.remount(spec(mountpoint, exchange));
                case "DELETE" -> {
                    noBody(exchange);
                    daemon.unmount(mountpoint);
                }
                default -> throw NydusdApiError.badRequest();
            }
        } catch (NaiadException e) {
            LOG.error("mount {}: {}", mountpoint, NaiadException.chain(e));
            throw NydusdApiError.of("Mount", "MountFilesystem", e);
        }
        return "";
    }

    private static RafsMountSpec spec(String mountpoint, HttpExchange exchange)
            throws NydusdApiError, IOException {
        checkNames(mountpoint);
        byte[] body = exchange.bodyBytes();
        if (body.length == 0) {
            throw NydusdApiError.badRequest();
        }
        MountRequest request;
        try {
            request = MountRequest.parse(body);
        } catch (NaiadException e) {
            throw NydusdApiError.parseBody(e.what());
        }
        switch (request.fsType()) {
            case MountRequest.RAFS -> {}
            case "passthrough", "passthroughfs", "passthrough_fs" ->
                    throw new NaiadException(
                            ErrorKind.UNIMPLEMENTED, "filesystem passthrough_fs is not supported");
            default ->
                    throw new NaiadException(
                            ErrorKind.INVALID_ARGUMENT,
                            "only 'rafs' and 'passthrough_fs' are supported, but "
                                    + request.fsType()
                                    + " was specified");
        }
        for (var file : request.prefetchFiles().orElse(List.of())) {
            if (!file.startsWith("/")) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT, "invalid prefetch file list: " + file);
            }
        }
        return new RafsMountSpec(
                mountpoint,
                Path.of(request.source()),
                NydusdConfig.parse("configuration of " + mountpoint, request.config()),
                request.prefetchFiles());
    }

    /** The kernel refuses a whole directory listing for one name that it cannot take. */
    private static void checkNames(String mountpoint) throws NydusdApiError {
        for (var name : mountpoint.split("/", -1)) {
            if (name.equals(".")
                    || name.equals("..")
                    || name.indexOf('\0') >= 0
                    || name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
                throw NydusdApiError.badMountpoint(MAX_NAME_BYTES);
            }
        }
    }

    private String config(HttpExchange exchange) throws NydusdApiError, IOException {
        var id = exchange.query("id");
        if (exchange.method().equals("GET")) {
            var out = JsonWriter.compact().object();
            daemon.reports().settings(id).forEach(out::put);
            return out.end().toString();
        }
        only(exchange, "PUT");
        Map<String, String> settings = new LinkedHashMap<>();
        object(exchange).entries().forEach((key, value) -> settings.put(key, value.text()));
        var place = id.orElseThrow(() -> NydusdApiError.query("id"));
        boolean known =
                daemon.reports()
                        .configure(place, settings)
                        .orElseThrow(
                                () ->
                                        NydusdApiError.of(
                                                "Configure",
                                                "DaemonAbnormal",
                                                new NaiadException(
                                                        ErrorKind.NOT_FOUND,
                                                        "object or filesystem doesn't exist")));
        if (!known) {
            throw NydusdApiError.payload("Configure");
        }
        return "";
    }

    private String metrics(HttpExchange exchange, String path) throws NydusdApiError {
        var reports = daemon.reports();
        var id = exchange.query("id");
        return switch (path) {
            case "/api/v1/metrics" -> {
                only(exchange, "GET");
                yield reports.fs(id)
                        .orElseThrow(() -> NydusdApiError.noCounter("GlobalMetrics"))
                        .snapshot()
                        .toJson();
            }
            case "/api/v1/metrics/files" -> {
                only(exchange, "GET");
                var files =
                        reports.fs(id)
                                .orElseThrow(() -> NydusdApiError.noCounter("FsFilesMetrics"))
                                .files();
                yield exchange.query("latest").orElse("").equals("true")
                        ? files.latestJson()
                        : files.countersJson();
            }
            case "/api/v1/metrics/pattern" -> {
                only(exchange, "GET");
                yield reports.fs(id)
                        .orElseThrow(() -> NydusdApiError.noCounter("Pattern"))
                        .files()
                        .patternJson();
            }
            case "/api/v1/metrics/backend" -> {
                only(exchange, "GET");
                yield reports.backend(id)
                        .orElseThrow(() -> NydusdApiError.noCounter("BackendMetrics"))
                        .toJson();
            }
            case "/api/v1/metrics/blobcache" -> {
                only(exchange, "GET");
                yield reports.blobcache(id)
                        .orElseThrow(() -> NydusdApiError.noCounter("BlobcacheMetrics"))
                        .toJson();
            }
            case "/api/v1/metrics/inflight" -> {
                only(exchange, "GET");
                var inflight = daemon.inflight();
                yield inflight.isEmpty() ? "" : InflightRequest.toJson(inflight);
            }
            default -> throw NydusdApiError.noRoute();
        };
    }

    private static void only(HttpExchange exchange, String method) throws NydusdApiError {
        if (!exchange.method().equals(method)) {
            throw NydusdApiError.badRequest();
        }
    }

    /**
     * compat: {@code Content-Length: 0} means no body; Go's client sends it with every control
     * request.
     */
    private static void noBody(HttpExchange exchange) throws NydusdApiError, IOException {
        if (exchange.bodyBytes().length > 0) {
            throw NydusdApiError.badRequest();
        }
    }

    private static String mountpoint(HttpExchange exchange) throws NydusdApiError {
        return exchange.query("mountpoint").orElseThrow(() -> NydusdApiError.query("mountpoint"));
    }

    private static ConfigNode object(HttpExchange exchange) throws NydusdApiError, IOException {
        byte[] body = exchange.bodyBytes();
        if (body.length == 0) {
            throw NydusdApiError.badRequest();
        }
        try {
            var json = JsonReader.parse("body", body);
            if (json.isObject()) {
                return json;
            }
        } catch (NaiadException e) {
            throw NydusdApiError.parseBody(e.what());
        }
        throw NydusdApiError.parseBody("no object");
    }
}
