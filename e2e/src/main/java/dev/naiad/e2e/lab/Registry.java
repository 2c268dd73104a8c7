package dev.naiad.e2e.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * docker-registry in a namespace of its own, with storage in memory; its access log counts bytes.
 */
public final class Registry implements AutoCloseable {
    /** Where it listens without TLS. */
    public static final int PORT = 5000;

    /** Where it listens with TLS. */
    public static final int TLS_PORT = 5443;

    private final Network.Namespace namespace;
    private final Path directory;
    private final Options options;
    private final int port;
    private LabProcess daemon;

    /** How clients reach it. */
    public enum Options {
        PLAIN,
        TLS,
        PASSWORD
    }

    Registry(Network.Namespace namespace, Path directory, Path storage, Options options)
            throws IOException {
        this.namespace = namespace;
        this.directory = Files.createDirectories(directory);
        this.options = options;
        this.port =
                options == Options.TLS ? TLS_PORT : options == Options.PASSWORD ? PORT + 1 : PORT;
        Files.createDirectories(storage);
        var config = new StringBuilder();
        config.append(
                "version: 0.1\nlog:\n  level: warn\n  formatter: text\n  accesslog: {disabled: false}\n");
        config.append("storage:\n  filesystem: {rootdirectory: ").append(storage).append("}\n");
        config.append(
                "  delete: {enabled: true}\n  maintenance: {uploadpurging: {enabled: false}}\n");
        if (options == Options.PASSWORD) {
            var file = directory.resolve("htpasswd");
            Files.writeString(
                    file, Command.of("htpasswd", "-Bbn", "-C", "4", "naiad", "secret").must());
            config.append("auth:\n  htpasswd: {realm: naiad, path: ").append(file).append("}\n");
        }
        config.append("http:\n  addr: 0.0.0.0:").append(port).append("\n  secret: naiad-lab\n");
        if (options == Options.TLS) {
            makeCertificate();
            config.append("  tls: {certificate: ").append(certificate()).append(", key: ");
            config.append(directory.resolve("key.pem")).append("}\n");
        }
        Files.writeString(directory.resolve("config.yml"), config);
        this.daemon = newDaemon();
    }

    private LabProcess newDaemon() {
        return new LabProcess(
                "registry-" + port,
                namespace,
                directory.resolve("registry.log"),
                Map.of("OTEL_TRACES_EXPORTER", "none"),
                List.of("docker-registry", "serve", directory.resolve("config.yml").toString()));
    }

    private void makeCertificate() {
        Command.of(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:prime256v1",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=naiad-lab",
                        "-addext",
                        "subjectAltName=IP:" + namespace.ip() + ",IP:127.0.0.1",
                        "-keyout",
                        directory.resolve("key.pem").toString(),
                        "-out",
                        certificate().toString())
                .must();
    }

    Registry start() {
        daemon.start().awaitPort(port);
        return this;
    }

    /** Stops it; its storage stays. */
    public void stop() {
        daemon.stop();
    }

    /** Starts it again on its storage. */
    public void restart() {
        daemon.stop();
        daemon = newDaemon();
        start();
    }

    /** Its TLS certificate. */
    public Path certificate() {
        return directory.resolve("cert.pem");
    }

    /** {@code ip:port} as the nodes see it: through the shaped link. */
    public String host() {
        return namespace.ip() + ":" + port;
    }

    /** {@code ip:port} inside its own namespace: not shaped, for pushing and converting. */
    public String localHost() {
        return "127.0.0.1:" + port;
    }

    /** {@code http://ip:port} or {@code https://…}. */
    public String url() {
        return (options == Options.TLS ? "https://" : "http://") + host();
    }

    /** What it sent. */
    public AccessLog accessLog() {
        return new AccessLog(daemon.log());
    }

    /** Its namespace. */
    public Network.Namespace namespace() {
        return namespace;
    }

    /** The process. */
    public LabProcess daemon() {
        return daemon;
    }

    @Override
    public void close() {
        daemon.close();
    }
}
