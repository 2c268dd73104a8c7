package dev.naiad.backend.factory;

import dev.naiad.backend.Backend;
import dev.naiad.backend.BackendCounters;
import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.config.ConnectionConfig;
import dev.naiad.backend.connection.Connection;
import dev.naiad.backend.localdisk.LocalDiskBackend;
import dev.naiad.backend.localfs.LocalFsBackend;
import dev.naiad.backend.localfs.LocalFsStore;
import dev.naiad.backend.objectstore.HttpBlobOrigin;
import dev.naiad.backend.objectstore.ObjectStoreOrigin;
import dev.naiad.backend.objectstore.ObjectStoreWriter;
import dev.naiad.backend.registry.RegistryOrigin;
import dev.naiad.backend.remote.BlobOrigin;
import dev.naiad.backend.remote.RemoteBackend;
import dev.naiad.backend.remote.Retries;
import dev.naiad.backend.store.WritableBackend;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.net.client.Proxies;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Opens backends.
 *
 * @param userAgent of all requests: {@code nydusd/1.0.0} in nydusd
 * @param proxies of the process's environment
 * @param random jitter of retries
 */
public record Backends(
        String userAgent,
        Proxies proxies,
        InstantSource clock,
        Ticker ticker,
        RandomGenerator random,
        Retries.Pause pause) {
    private static final Duration STORING = Duration.ofSeconds(60);

    /** For a program. */
    public static Backends of(String userAgent, Map<String, String> env, InstantSource clock) {
        return new Backends(
                userAgent,
                Proxies.fromEnvironment(env),
                clock,
                Ticker.system(),
                RandomGenerator.getDefault(),
                Retries.Pause.REAL);
    }

    /** Opens what the section names; no request is made. */
    public Backend open(BackendConfig config) {
        var metrics = new BackendCounters(config.type().equals("s3") ? "oss" : config.type());
        return switch (config) {
            case BackendConfig.LocalFs local -> new LocalFsBackend(local, metrics);
            case BackendConfig.LocalDisk disk -> new LocalDiskBackend(disk, metrics);
            case BackendConfig.Registry registry -> {
                var connection = connection(registry.type(), registry.connection(), metrics);
                yield remote(
                        new RegistryOrigin(registry, connection, ticker),
                        registry.connection(),
                        metrics);
            }
            case BackendConfig.Http http ->
                    remote(
                            new HttpBlobOrigin(
                                    http, connection(http.type(), http.connection(), metrics)),
                            http.connection(),
                            metrics);
            case BackendConfig.ObjectStore store ->
                    remote(
                            new ObjectStoreOrigin(
                                    store,
                                    connection(store.type(), store.connection(), metrics),
                                    clock),
                            store.connection(),
                            metrics);
        };
    }

    /**
     * Opens what the section names to store blobs in; no request is made.
     *
     * @throws NaiadException UNIMPLEMENTED for what blobs are only read from
     */
    public WritableBackend openWritable(BackendConfig config) {
        return switch (config) {
            case BackendConfig.LocalFs local -> new LocalFsStore(local);
            case BackendConfig.ObjectStore store -> {
                var metrics = new BackendCounters(store.type());
                ConnectionConfig patient = patient(store.connection());
                yield new ObjectStoreWriter(
                        store,
                        connection(store.type(), patient, metrics),
                        new Retries(patient.retryLimit(), random, pause, metrics),
                        clock);
            }
            case BackendConfig.Registry _, BackendConfig.Http _, BackendConfig.LocalDisk _ ->
                    throw new NaiadException(
                            ErrorKind.UNIMPLEMENTED,
                            "backend " + config.type() + ": blobs are only read from it");
        };
    }

    /** A store that writes to its disks answers later than one that reads from them. */
    private static ConnectionConfig patient(ConnectionConfig config) {
        Duration read = config.timeout();
        return read.isZero() || read.compareTo(STORING) >= 0
                ? config
                : config.withTimeouts(config.connectTimeout(), STORING);
    }

    private Connection connection(String name, ConnectionConfig config, BackendCounters metrics) {
        var connection = new Connection(name, config, userAgent, proxies, metrics);
        connection.start();
        return connection;
    }

    private Backend remote(BlobOrigin origin, ConnectionConfig config, BackendCounters metrics) {
        return new RemoteBackend(
                origin, new Retries(config.retryLimit(), random, pause, metrics), metrics);
    }
}
