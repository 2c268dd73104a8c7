package dev.naiad.nydusdapi;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.NaiadException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Speaks to one nydusd through its unix socket. Safe for concurrent use; each call is one
 * connection, so nothing has to be closed. Calls block; a virtual thread is enough.
 *
 * <p>Every call throws {@link NydusdApiException} for an error answer, a {@link NaiadException} of
 * kind UNAVAILABLE if the daemon cannot be reached or breaks off, and of kind DEADLINE_EXCEEDED if
 * it does not answer in time.
 */
public final class NydusdClient {
    private final Path socket;
    private final Duration timeout;

    /**
     * @param timeout for each call as a whole
     */
    public NydusdClient(Path socket, Duration timeout) {
        this.socket = socket;
        this.timeout = timeout;
    }

    public Path socket() {
        return socket;
    }

    public DaemonInfo daemonInfo() {
        return DaemonInfo.of(get("/api/v1/daemon"));
    }

    /** READY to RUNNING, after a takeover. */
    public void start() {
        send("PUT", "/api/v1/daemon/start", "");
    }

    /** The daemon stops serving and ends without unmounting. */
    public void exit() {
        send("PUT", "/api/v1/daemon/exit", "");
    }

    /** INIT to READY: fetches state and descriptor from its supervisor's socket. */
    public void takeover() {
        send("PUT", "/api/v1/daemon/fuse/takeover", "");
    }

    /** The daemon hands its state and descriptor to its supervisor's socket. */
    public void sendFd() {
        send("PUT", "/api/v1/daemon/fuse/sendfd", "");
    }

    public void setLogLevel(String level) {
        var body = JsonWriter.compact().object().put("log_level", level).end();
        send("PUT", "/api/v1/daemon", body.toString());
    }

    /** Mounts at {@code mountpoint} (such as {@code /17}) inside the daemon's FUSE mount. */
    public void mount(String mountpoint, MountRequest request) {
        send("POST", withMountpoint("/api/v1/mount", mountpoint), request.toJson());
    }

    /** Replaces bootstrap and configuration of what is mounted there. */
    public void remount(String mountpoint, MountRequest request) {
        send("PUT", withMountpoint("/api/v1/mount", mountpoint), request.toJson());
    }

    public void unmount(String mountpoint) {
        send("DELETE", withMountpoint("/api/v1/mount", mountpoint), "");
    }

    /**
     * Run-time settings such as {@code registry_auth} of the filesystem with that id ({@code /},
     * {@code /17}).
     */
    public void putConfig(String id, Map<String, String> settings) {
        var body = JsonWriter.compact().object();
        settings.forEach(body::put);
        send("PUT", withId("/api/v1/config", Optional.of(id)), body.end().toString());
    }

    public FsMetrics fsMetrics(Optional<String> id) {
        return FsMetrics.of(get(withId("/api/v1/metrics", id)));
    }

    public BackendMetrics backendMetrics(Optional<String> id) {
        return BackendMetrics.of(get(withId("/api/v1/metrics/backend", id)));
    }

    public BlobcacheMetrics blobcacheMetrics(Optional<String> id) {
        return BlobcacheMetrics.of(get(withId("/api/v1/metrics/blobcache", id)));
    }

    /** Requests being served now; empty where nothing is in flight. */
    public List<InflightRequest> inflight() {
        return InflightRequest.listOf(get("/api/v1/metrics/inflight"));
    }

    /**
     * Any request.
     *
     * @param pathAndQuery such as {@code /api/v1/daemon}, already percent-encoded
     * @param body empty for none
     */
    public Reply send(String method, String pathAndQuery, String body) {
        var reply = UnixHttp.exchange(socket, timeout, method, pathAndQuery, body);
        if (reply.status() < 400) {
            return reply;
        }
        var code = "UNDEFINED";
        var message = reply.body();
        try {
            var json =
                    JsonReader.parse("error body", reply.body().getBytes(StandardCharsets.UTF_8));
            code = json.get("code").text();
            message = json.get("message").text();
        } catch (NaiadException e) {
            // Not JSON: the text itself says what there is to say.
        }
        throw new NydusdApiException(method + " " + pathAndQuery, reply.status(), code, message);
    }

    /**
     * Opens a connection that carries nothing: its end says that the daemon died. The caller closes
     * it.
     *
     * @throws NaiadException UNAVAILABLE if nobody listens
     */
    public Liveness openLiveness() {
        return new SocketLiveness(UnixHttp.connect(socket));
    }

    private ConfigNode get(String pathAndQuery) {
        var reply = send("GET", pathAndQuery, "");
        return reply.body().isEmpty()
                ? ConfigNode.nothing()
                : JsonReader.parse(
                        socket + " " + pathAndQuery, reply.body().getBytes(StandardCharsets.UTF_8));
    }

    private static String withMountpoint(String path, String mountpoint) {
        return path + "?mountpoint=" + URLEncoder.encode(mountpoint, StandardCharsets.UTF_8);
    }

    private static String withId(String path, Optional<String> id) {
        return id.map(value -> path + "?id=" + URLEncoder.encode(value, StandardCharsets.UTF_8))
                .orElse(path);
    }

    /** An answer; {@link #send} returns only those with a status below 400. */
    public record Reply(int status, String body) {}

    /** The silent connection. */
    public interface Liveness extends AutoCloseable {
        /**
         * Blocks until the daemon's end is closed.
         *
         * @return true if the daemon ended, false if {@link #close} was called
         */
        boolean awaitEnd();

        @Override
        void close();
    }
}
