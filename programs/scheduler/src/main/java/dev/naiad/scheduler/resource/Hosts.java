package dev.naiad.scheduler.resource;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** All announced hosts. Safe for threads. */
public final class Hosts {
    private final ConcurrentHashMap<String, Host> hosts = new ConcurrentHashMap<>();

    /** Adds a host or refreshes what is known about it. */
    public Host announce(Host.Announcement announcement, Instant now) {
        return hosts.compute(
                announcement.host().getId(),
                (id, known) -> {
                    if (known == null) {
                        return new Host(announcement, now);
                    }
                    known.announce(announcement, now);
                    return known;
                });
    }

    /** The host with this id. */
    public Optional<Host> find(String id) {
        return Optional.ofNullable(hosts.get(id));
    }

    /** Forgets a host; its peers are the caller's business. */
    public Optional<Host> remove(String id) {
        return Optional.ofNullable(hosts.remove(id));
    }

    /** A live view of all hosts. */
    public Collection<Host> all() {
        return Collections.unmodifiableCollection(hosts.values());
    }

    /** The seeds known now. */
    public List<Host> seeds() {
        return hosts.values().stream().filter(Host::isSeed).toList();
    }
}
