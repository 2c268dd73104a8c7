package dev.naiad.dfdaemon.config;

import dev.naiad.base.config.ConfigNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** All keys that a dfdaemon.yaml may hold, to tell a misspelt one from an old one. */
final class KnownKeys {
    private static final Set<String> KEYS =
            Set.of(
                    """
                    verbose log.level console
                    host.idc host.location host.hostname host.ip host.schedulerClusterID
                    server.pluginDir server.cacheDir server.adaptiveRateLimit
                    download.server.socketPath download.server.requestRateLimit download.server.requestBufferSize
                    download.protocol download.bandwidthLimit download.backToSourceBandwidthLimit download.pieceTimeout
                    download.collectedPieceTimeout download.concurrentPieceCount download.rateLimit
                    download.sourceShortcut download.sourceGrace
                    upload.server.ip upload.server.port upload.server.caCert upload.server.cert upload.server.key
                    upload.server.requestRateLimit upload.server.requestBufferSize upload.server.requestbufferSize
                    upload.client.caCert upload.client.cert upload.client.key upload.disableShared
                    upload.bandwidthLimit upload.rateLimit
                    manager.addr manager.caCert manager.cert manager.key
                    scheduler.announceInterval scheduler.scheduleTimeout scheduler.maxScheduleCount scheduler.caCert
                    scheduler.cert scheduler.key scheduler.enableBackToSource
                    seedPeer.enable seedPeer.type seedPeer.server seedPeer.clusterID seedPeer.keepaliveInterval
                    dynconfig.refreshInterval
                    storage.server.ip storage.server.tcpPort storage.server.quicPort storage.server.tcpFastopen
                    storage.server.port storage.dir storage.keep storage.writePieceTimeout storage.writeBufferSize
                    storage.readBufferSize storage.cacheCapacity
                    backend.requestHeader backend.maxRetries backend.enableCacheTemporaryRedirect
                    backend.cacheTemporaryRedirectTTL backend.putConcurrentChunkCount backend.putChunkSize
                    backend.putTimeout backend.enableHickoryDNS backend.insecureSkipVerify
                    gc.interval gc.policy.taskTTL gc.policy.persistentTaskTTL gc.policy.persistentCacheTaskTTL
                    gc.policy.pageCacheIdleTimeout gc.policy.diskThreshold gc.policy.distThreshold
                    gc.policy.diskHighThresholdPercent gc.policy.distHighThresholdPercent
                    gc.policy.diskLowThresholdPercent gc.policy.distLowThresholdPercent
                    proxy.server.ip proxy.server.port proxy.server.requestRateLimit proxy.server.caCert
                    proxy.server.caKey proxy.server.basicAuth proxy.rules proxy.registryMirror.addr
                    proxy.registryMirror.cert proxy.registryMirror.enableTaskIDBasedBlobDigest
                    proxy.disableBackToSource proxy.prefetch proxy.prefetchBandwidthLimit proxy.prefetchRateLimit
                    proxy.readBufferSize proxy.cacheCapacity proxy.rangedRead
                    security.enable network.enableIPv6 network.enableIPv4
                    health.server.ip health.server.port metrics.server.ip metrics.server.port
                    stats.server.ip stats.server.port
                    tracing.protocol tracing.endpoint tracing.path tracing.headers tracing.addr
                    """
                            .strip()
                            .split("\\s+", -1));

    private KnownKeys() {}

    /** Paths of keys in {@code root} that no version knows. */
    static List<String> unknown(ConfigNode root) {
        var unknown = new TreeSet<String>();
        collect(root, "", unknown);
        return new ArrayList<>(unknown);
    }

    private static void collect(ConfigNode node, String prefix, Set<String> unknown) {
        node.entries()
                .forEach(
                        (key, value) -> {
                            String path = prefix + key;
                            if (KEYS.contains(path)) {
                                return;
                            }
                            boolean section =
                                    KEYS.stream().anyMatch(known -> known.startsWith(path + "."));
                            if (!section) {
                                unknown.add(path);
                            } else if (value.isObject()) {
                                collect(value, path + ".", unknown);
                            }
                        });
    }
}
