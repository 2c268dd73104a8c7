package dev.naiad.snapshotter.system;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpHandler;
import dev.naiad.nydusdapi.NydusdClient;
import dev.naiad.snapshotter.daemon.Daemons;
import dev.naiad.snapshotter.daemon.PrefetchLists;
import dev.naiad.snapshotter.store.InstanceRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The control socket: which daemons run and what they serve, and lists of files to fetch early. */
public final class SystemApi implements HttpHandler {
    private static final Logger LOG = LoggerFactory.getLogger(SystemApi.class);
    private static final String PREFIX = "/api/v1/";

    /** compat: the original sets the JSON type too late, so clients get this one. */
    private static final String TEXT = "text/plain; charset=utf-8";

    private static final Duration PROBE = Duration.ofSeconds(2);

    private final Supplier<List<Daemons.Report>> reports;
    private final PrefetchLists prefetch;

    public SystemApi(Supplier<List<Daemons.Report>> reports, PrefetchLists prefetch) {
        this.reports = reports;
        this.prefetch = prefetch;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String path = exchange.path();
        switch (path) {
            case PREFIX + "daemons" -> get(exchange, this::daemons);
            case PREFIX + "daemons/records" ->
                    get(
                            exchange,
                            () -> {
                                exchange.reply(501, TEXT, error("not implemented"));
                            });
            case PREFIX + "daemons/upgrade" ->
                    put(
                            exchange,
                            () -> {
                                exchange.bodyBytes();
                                exchange.reply(
                                        500,
                                        TEXT,
                                        error(
                                                "upgrading running daemons is not supported; restart them one by one"));
                            });
            case PREFIX + "prefetch" -> put(exchange, () -> prefetch(exchange));
            default -> exchange.reply(404, TEXT, "404 page not found\n");
        }
    }

    private interface Action {
        void run() throws IOException;
    }

    private interface Answer {
        String text();
    }

    private static void get(HttpExchange exchange, Answer answer) throws IOException {
        only("GET", exchange, () -> exchange.reply(200, TEXT, answer.text()));
    }

    private static void get(HttpExchange exchange, Action action) throws IOException {
        only("GET", exchange, action);
    }

    private static void put(HttpExchange exchange, Action action) throws IOException {
        only("PUT", exchange, action);
    }

    private static void only(String method, HttpExchange exchange, Action action)
            throws IOException {
        if (exchange.method().equals(method)) {
            action.run();
        } else {
            exchange.reply(405, TEXT, "");
        }
    }

    private static String error(String message) {
        return JsonWriter.compact()
                .object()
                .put("code", "Unknown")
                .put("message", message)
                .end()
                .toString();
    }

    private String daemons() {
        JsonWriter json = JsonWriter.compact().likeGo().array();
        for (Daemons.Report report : reports.get()) {
            json.object()
                    .put("id", report.record().id())
                    .put("pid", report.record().processId())
                    .put("api_socket", report.record().apiSocket())
                    .put("supervisor_path", report.record().supervisorPath())
                    .put("reference", report.instances().size())
                    .put("mountpoint", report.record().mountpoint())
                    .put("startup_cpu_utilization", 0L)
                    .put("memory_rss_kb", rssKb(report.record().processId()))
                    .put("read_data_kb", readKb(report))
                    .key("instances")
                    .object();
            for (InstanceRecord instance : report.instances()) {
                json.key(instance.snapshotId())
                        .object()
                        .put("snapshot_id", instance.snapshotId())
                        .put("snapshot_dir", instance.snapshotDir())
                        .put("mountpoint", instance.mountpoint())
                        .put("image_id", instance.imageId())
                        .end();
            }
            json.end().end();
        }
        return json.end().toString();
    }

    static long rssKb(int pid) {
        try {
            for (String line :
                    Files.readAllLines(Path.of("/proc", Integer.toString(pid), "status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
        } catch (IOException | NumberFormatException e) {
            // It is gone.
        }
        return 0;
    }

    private static long readKb(Daemons.Report report) {
        if (!report.running()) {
            return 0;
        }
        var client = new NydusdClient(Path.of(report.record().apiSocket()), PROBE);
        long bytes = 0;
        for (InstanceRecord instance : report.instances()) {
            Optional<String> id =
                    report.record().isShared()
                            ? Optional.of("/" + instance.snapshotId())
                            : Optional.empty();
            try {
                bytes += client.fsMetrics(id).dataRead();
            } catch (NaiadException e) {
                LOG.debug("daemon {}: no metrics: {}", report.record().id(), e.getMessage());
            }
        }
        return bytes / 1024;
    }

    /**
     * compat: always 200, also for a body that is not understood; the NRI plug-in does not look.
     */
    private void prefetch(HttpExchange exchange) throws IOException {
        try {
            for (ConfigNode item :
                    JsonReader.parse("prefetch request", exchange.bodyBytes()).items()) {
                String image = item.get("image").text();
                if (!image.isEmpty()) {
                    prefetch.put(image, item.get("prefetch").text());
                }
            }
        } catch (NaiadException e) {
            LOG.warn("prefetch request ignored: {}", e.getMessage());
        }
        exchange.reply(200);
    }
}
