package dev.naiad.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Debian's docker-registry on a free port with storage of its own. Its access log has neither
 * ranges nor bodies of requests: a ranged read shows as status 206, and sizes are those of bodies.
 * Stopped and deleted by close.
 */
public final class RealRegistry implements AutoCloseable {
    /** The user that {@link Builder#password} registries know. */
    public static final String USER = "naiad";

    /** The user's password. */
    public static final String PASSWORD = "secret";

    // What `htpasswd -nbB naiad secret` prints, with a fixed salt; the registry takes bcrypt only.
    private static final String HTPASSWD =
            USER + ":$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n";
    private static final Pattern ACCESS =
            Pattern.compile(
                    "(\\S+) \\S+ (\\S+) \\[[^]]*] \"(\\S+) (\\S+) [^\"]*\" (\\d+) (\\d+) \"[^\"]*\" \"([^\"]*)\"");
    private static final int ATTEMPTS = 10;

    private final ShortTempDir directory;
    private final String host;
    private final int port;
    private final boolean tls;
    private RunningProcess process;

    private RealRegistry(
            ShortTempDir directory, String host, int port, boolean tls, RunningProcess process) {
        this.directory = directory;
        this.host = host;
        this.port = port;
        this.tls = tls;
        this.process = process;
    }

    /** A line of the access log: {@code bytes} is the size of the answer's body. */
    public record Access(
            String remote, String method, String path, int status, long bytes, String userAgent) {}

    /** A plain registry on 127.0.0.1; the test is skipped if docker-registry is not installed. */
    public static RealRegistry start() {
        return builder().start();
    }

    /** A registry with options. */
    public static Builder builder() {
        return new Builder();
    }

    /** The registry's options. */
    public static final class Builder {
        private String host = "127.0.0.1";
        private boolean tls;
        private boolean password;

        private Builder() {}

        /** Listens on this address of the machine. */
        public Builder host(String address) {
            this.host = address;
            return this;
        }

        /**
         * Speaks TLS with a new self-signed certificate ({@link RealRegistry#certificate}) for the
         * host and localhost.
         */
        public Builder tls() {
            this.tls = true;
            return this;
        }

        /** Asks for {@link #USER} and {@link #PASSWORD}. */
        public Builder password() {
            this.password = true;
            return this;
        }

        /**
         * Starts it and waits until it listens. If another process took the port in the meantime,
         * another one is tried.
         */
        public RealRegistry start() {
            Requires.commands("docker-registry");
            if (tls) {
                Requires.commands("openssl");
            }
            ShortTempDir directory = ShortTempDir.create();
            try {
                for (int i = 0; i < ATTEMPTS; i++) {
                    int port = freePort(host);
                    configure(directory, port);
                    RunningProcess process = launch(directory);
                    if (listens(process)) {
                        return new RealRegistry(directory, host, port, tls, process);
                    }
                    process.close();
                }
                throw new AssertionError("no port was free in " + ATTEMPTS + " attempts");
            } catch (RuntimeException | Error e) {
                directory.close();
                throw e;
            }
        }

        private void configure(ShortTempDir directory, int port) {
            var config = new StringBuilder();
            config.append("version: 0.1\nlog:\n  level: info\n  accesslog:\n    disabled: false\n");
            config.append("storage:\n  filesystem:\n    rootdirectory: ")
                    .append(directory.resolve("data"))
                    .append('\n');
            config.append("  delete:\n    enabled: true\n");
            config.append("http:\n  addr: ").append(host).append(':').append(port).append('\n');
            config.append("  secret: not-secret\n");
            try {
                if (tls) {
                    makeCertificate(directory, host);
                    config.append("  tls:\n    certificate: ")
                            .append(directory.resolve("cert.pem"));
                    config.append("\n    key: ").append(directory.resolve("key.pem")).append('\n');
                }
                if (password) {
                    Files.writeString(directory.resolve("htpasswd"), HTPASSWD);
                    config.append("auth:\n  htpasswd:\n    realm: naiad-test\n    path: ");
                    config.append(directory.resolve("htpasswd")).append('\n');
                }
                Files.writeString(directory.resolve("config.yml"), config);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void makeCertificate(ShortTempDir directory, String host) {
        if (Files.exists(directory.resolve("cert.pem"))) {
            return;
        }
        Commands.run(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:prime256v1",
                        "-nodes",
                        "-keyout",
                        directory.resolve("key.pem").toString(),
                        "-out",
                        directory.resolve("cert.pem").toString(),
                        "-days",
                        "2",
                        "-subj",
                        "/CN=" + host,
                        "-addext",
                        "subjectAltName=IP:" + host + ",DNS:localhost")
                .orFail();
    }

    private static RunningProcess launch(ShortTempDir directory) {
        String program = Requires.find("docker-registry").orElseThrow().toString();
        return RunningProcess.startClean(
                directory.resolve("registry.log"),
                Map.of("OTEL_TRACES_EXPORTER", "none"),
                List.of(program, "serve", directory.resolve("config.yml").toString()));
    }

    /** Whether it listens; false if the port was taken. */
    private static boolean listens(RunningProcess process) {
        var listening = new boolean[1];
        Await.until(
                "the registry listens",
                () -> {
                    boolean alive = process.isAlive();
                    String output = process.output();
                    listening[0] = output.contains("listening on ");
                    if (!alive && !listening[0] && !output.contains("address already in use")) {
                        throw new AssertionError("docker-registry ended:\n" + output);
                    }
                    // "listening" is printed after the bind.
                    return listening[0] || !alive;
                });
        return listening[0];
    }

    static int freePort(String host) {
        try (var socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code host:port}, as image references begin. */
    public String authority() {
        return host + ":" + port;
    }

    /** {@code http://host:port} or {@code https://…}. */
    public String url() {
        return (tls ? "https://" : "http://") + authority();
    }

    /** The port. */
    public int port() {
        return port;
    }

    /** The certificate, in PEM, of a TLS registry. */
    public Path certificate() {
        return directory.resolve("cert.pem");
    }

    /** Where the registry keeps its content. */
    public Path storage() {
        return directory.resolve("data");
    }

    /** The requests it has answered and logged so far. */
    public synchronized List<Access> accesses() {
        var accesses = new ArrayList<Access>();
        for (String line : process.output().split("\n", -1)) {
            Matcher m = ACCESS.matcher(line);
            if (m.find()) {
                accesses.add(
                        new Access(
                                m.group(1),
                                m.group(3),
                                m.group(4),
                                Integer.parseInt(m.group(5)),
                                Long.parseLong(m.group(6)),
                                m.group(7)));
            }
        }
        return accesses;
    }

    /** Stops it; requests then fail as they do with a dead registry. */
    public synchronized void stop() {
        process.close();
    }

    /** Starts it again on the same port with the same content; its log starts empty. */
    public synchronized void restart() {
        process.close();
        process = launch(directory);
        if (!listens(process)) {
            throw new AssertionError("the registry's port was taken while it was stopped");
        }
    }

    @Override
    public synchronized void close() {
        process.close();
        directory.close();
    }
}
