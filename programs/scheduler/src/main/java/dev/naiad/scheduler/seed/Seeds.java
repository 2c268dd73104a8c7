package dev.naiad.scheduler.seed;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Hosts;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The seeds that can be asked. The ring follows every announcement; a seed that did not answer is
 * left out until it announces itself or answers a health check again. Announcements cost the same
 * however many hosts there are: the ring is made anew when it is next needed. Safe for threads.
 */
public final class Seeds {
    private final Hosts hosts;
    private final TrustedSeeds trusted;

    /** All seeds by host id, with the address that the ring knows. */
    @GuardedBy("this") private final Map<String, String> addresses = new HashMap<>();

    @GuardedBy("this") private final Set<String> down = new HashSet<>();

    @GuardedBy("this") private @Nullable Snapshot snapshot;

    private record Snapshot(SeedRing ring, Map<String, String> idByAddress) {}

    /** No seeds yet; those that are announced must be trusted. */
    public Seeds(Hosts hosts, TrustedSeeds trusted) {
        this.hosts = hosts;
        this.trusted = trusted;
    }

    /** A host announced itself: if it is a seed, it is there. */
    public synchronized void announced(Host host) {
        boolean isSeed = host.isSeed() && trusted.contains(host.facts().getIp());
        var before = isSeed ? addresses.put(host.id(), address(host)) : addresses.remove(host.id());
        boolean wasDown = down.remove(host.id());
        boolean moved = isSeed ? !address(host).equals(before) : before != null;
        if (moved || wasDown) {
            snapshot = null;
        }
    }

    /** Hosts were forgotten. */
    public synchronized void refresh() {
        if (addresses.keySet().removeIf(id -> hosts.find(id).isEmpty())) {
            down.retainAll(addresses.keySet());
            snapshot = null;
        }
    }

    /** The seed showed that it is there. */
    public synchronized void up(Host seed) {
        if (down.remove(seed.id())) {
            snapshot = null;
        }
    }

    /** The seed did not answer. */
    public synchronized void down(Host seed) {
        if (addresses.containsKey(seed.id()) && down.add(seed.id())) {
            snapshot = null;
        }
    }

    /** All seeds, those that did not answer too. */
    public synchronized List<Host> all() {
        return addresses.keySet().stream().map(hosts::find).flatMap(Optional::stream).toList();
    }

    /** True while there is a seed to ask. */
    public boolean any() {
        return !current().ring().isEmpty();
    }

    /** The seed for a task. */
    public Optional<Host> pick(String taskId) {
        var now = current();
        return now.ring().pick(taskId).map(now.idByAddress()::get).flatMap(hosts::find);
    }

    private synchronized Snapshot current() {
        var known = snapshot;
        if (known == null) {
            var idByAddress = new TreeMap<String, String>();
            addresses.forEach(
                    (id, address) -> {
                        if (!down.contains(id)) {
                            idByAddress.put(address, id);
                        }
                    });
            known = new Snapshot(new SeedRing(idByAddress.keySet()), Map.copyOf(idByAddress));
            snapshot = known;
        }
        return known;
    }

    /** {@code ip:port}, an IPv6 address in brackets. */
    public static String address(Host host) {
        var facts = host.facts();
        var ip = facts.getIp();
        return (ip.contains(":") ? "[" + ip + "]" : ip) + ":" + facts.getPort();
    }
}
