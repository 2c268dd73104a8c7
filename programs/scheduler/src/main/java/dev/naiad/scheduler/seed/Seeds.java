package dev.naiad.scheduler.seed;

import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Hosts;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The seeds that can be asked. The ring follows every announcement at once; a seed that did not
 * answer is left out until it announces itself or answers a health check again. Safe for threads.
 */
public final class Seeds {
    private final Hosts hosts;
    private final Set<String> down = ConcurrentHashMap.newKeySet();
    private volatile Snapshot snapshot = new Snapshot(new SeedRing(Set.of()), Map.of());

    private record Snapshot(SeedRing ring, Map<String, Host> byAddress) {}

    /** The seeds among these hosts. */
    public Seeds(Hosts hosts) {
        this.hosts = hosts;
    }

    /** A host was announced or forgotten. */
    public synchronized void refresh() {
        var byAddress = new TreeMap<String, Host>();
        for (Host seed : hosts.seeds()) {
            if (!down.contains(seed.id())) {
                byAddress.put(address(seed), seed);
            }
        }
        snapshot = new Snapshot(new SeedRing(byAddress.keySet()), Map.copyOf(byAddress));
    }

    /** The seed said or showed that it is there. */
    public void up(Host seed) {
        if (down.remove(seed.id())) {
            refresh();
        }
    }

    /** The seed did not answer. */
    public void down(Host seed) {
        if (down.add(seed.id())) {
            refresh();
        }
    }

    /** True while there is a seed to ask. */
    public boolean any() {
        return !snapshot.ring().isEmpty();
    }

    /** The seed for a task. */
    public Optional<Host> pick(String taskId) {
        var now = snapshot;
        return now.ring().pick(taskId).map(now.byAddress()::get);
    }

    /** {@code ip:port}, an IPv6 address in brackets. */
    public static String address(Host host) {
        var facts = host.facts();
        var ip = facts.getIp();
        return (ip.contains(":") ? "[" + ip + "]" : ip) + ":" + facts.getPort();
    }
}
