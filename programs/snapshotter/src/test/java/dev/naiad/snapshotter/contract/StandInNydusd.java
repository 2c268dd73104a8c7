package dev.naiad.snapshotter.contract;

import dev.naiad.linux.Fd;
import dev.naiad.linux.Mount;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.UnixSocket;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * Behaves as nydusd does towards a snapshotter, with a bind mount of a directory instead of an
 * image: the real one belongs to the end-to-end tests. First arguments: the directory to show, a
 * file to note arguments and requests in.
 */
public final class StandInNydusd {
    /** Less than the original takes in one read. */
    private static final byte[] SESSION = "session ".repeat(2000).getBytes(StandardCharsets.UTF_8);

    private volatile String state = "RUNNING";
    private final Path tree;
    private final Path notes;
    private final List<String> arguments;

    private StandInNydusd(List<String> arguments) {
        this.tree = Path.of(arguments.get(0));
        this.notes = Path.of(arguments.get(1));
        this.arguments = arguments.subList(2, arguments.size());
    }

    public static void main(String[] args) throws Exception {
        new StandInNydusd(List.of(args)).run();
    }

    private String option(String name) {
        int at = arguments.indexOf(name);
        return at < 0 ? "" : arguments.get(at + 1);
    }

    private void run() throws Exception {
        note("argv " + String.join(" ", arguments));
        RawPath mountpoint = RawPath.of(Path.of(option("--mountpoint")));
        boolean shared = option("--bootstrap").isEmpty();
        if (!option("--supervisor").isEmpty() && Files.exists(Path.of(option("--apisock")))) {
            // A socket file that is left over: the session of a dead one is to be continued.
            state = "INIT";
            dieIfTold("init");
        } else if (shared) {
            Mount.mount("naiad-test", mountpoint, "tmpfs", 0, "");
        } else {
            Mount.bind(RawPath.of(tree), mountpoint);
        }
        var done = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    Mount.tryUmount(mountpoint, Mount.MNT_DETACH);
                                    done.countDown();
                                }));
        // The original calls as soon as the file is there: it must appear only when somebody
        // listens.
        Path socket = Path.of(option("--apisock"));
        Path unfinished = Path.of(socket + ".new");
        var server =
                new HttpServer(
                        "stand-in",
                        Endpoint.unix(unfinished),
                        HttpServerConfig.defaults(),
                        this::answer);
        server.start();
        Files.move(
                unfinished,
                socket,
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        done.await();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String mountpoint = exchange.query("mountpoint").orElse("");
        if (!mountpoint.isEmpty()) {
            note(exchange.method() + " " + mountpoint);
            Path at = Path.of(option("--mountpoint") + mountpoint);
            if (exchange.method().equals("POST")) {
                exchange.bodyBytes();
                Files.createDirectories(at);
                Mount.bind(RawPath.of(tree), RawPath.of(at));
            } else {
                Mount.tryUmount(RawPath.of(at), Mount.MNT_DETACH);
            }
        }
        if (exchange.path().equals("/api/v1/daemon") && exchange.method().equals("GET")) {
            exchange.reply(
                    200,
                    "application/json",
                    "{\"version\":{\"package_ver\":\"0\",\"git_commit\":\"0\",\"build_time\":\"\",\"profile\":\"\","
                            + "\"rustc\":\"\"},\"id\":null,\"supervisor\":"
                            + (option("--supervisor").isEmpty()
                                    ? "null"
                                    : "\"" + option("--supervisor") + "\"")
                            + ",\"state\":\""
                            + state
                            + "\","
                            + "\"backend_collection\":{}}");
        } else if (exchange.path().endsWith("/config")) {
            note("config " + exchange.query("id").orElse("") + " " + exchange.bodyText());
            exchange.reply(204);
        } else if (exchange.path().endsWith("/sendfd")) {
            try (Fd supervisor = UnixSocket.connect(RawPath.of(Path.of(option("--supervisor"))));
                    Fd session = Fd.openRead(Path.of("/dev/null"))) {
                UnixSocket.send(supervisor, SESSION, List.of(session));
            }
            note("sendfd");
            if (isTold("saved")) {
                stopListening();
            }
            exchange.reply(204);
            dieIfTold("saved");
        } else if (exchange.path().endsWith("/metrics/inflight")
                && Files.exists(notes.resolveSibling("inflight"))) {
            exchange.reply(
                    200, "application/json", Files.readString(notes.resolveSibling("inflight")));
        } else if (exchange.path().endsWith("/takeover")) {
            dieIfTold("takeover");
            takeOver();
            dieIfTold("taken over");
            exchange.reply(204);
        } else if (exchange.path().endsWith("/start")) {
            dieIfTold("start");
            state = "RUNNING";
            note("start");
            exchange.reply(204);
        } else {
            exchange.reply(204);
        }
    }

    private boolean isTold(String moment) throws IOException {
        Path faults = notes.resolveSibling("faults");
        return Files.exists(faults) && Files.readAllLines(faults).indexOf(moment) == 0;
    }

    /** From now on the socket is what a killed process leaves: a file that refuses connections. */
    private void stopListening() throws IOException {
        Path stale = Path.of(option("--apisock") + ".stale");
        try (var unused = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            unused.bind(UnixDomainSocketAddress.of(stale));
        }
        Files.move(stale, Path.of(option("--apisock")), StandardCopyOption.REPLACE_EXISTING);
    }

    /** Ends like a kill if the first line of the file {@code faults} is this moment. */
    private void dieIfTold(String moment) throws IOException {
        Path faults = notes.resolveSibling("faults");
        List<String> lines = Files.exists(faults) ? Files.readAllLines(faults) : List.of();
        if (!lines.isEmpty() && lines.getFirst().equals(moment)) {
            Files.write(faults, lines.subList(1, lines.size()));
            note("died at " + moment);
            Runtime.getRuntime().halt(137);
        }
    }

    private void takeOver() throws IOException {
        var bytes = new ByteArrayOutputStream();
        int descriptors = 0;
        try (Fd supervisor = UnixSocket.connect(RawPath.of(Path.of(option("--supervisor"))))) {
            UnixSocket.Message message = UnixSocket.receive(supervisor, 1 << 16);
            while (message.bytes().length > 0) {
                bytes.writeBytes(message.bytes());
                descriptors += message.fds().size();
                message.fds().forEach(Fd::close);
                message = UnixSocket.receive(supervisor, 1 << 16);
            }
        }
        boolean intact = Arrays.equals(bytes.toByteArray(), SESSION);
        note("takeover " + (intact ? "intact" : "broken") + " with " + descriptors + " descriptor");
        state = "READY";
    }

    private void note(String line) throws IOException {
        Files.writeString(notes, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
