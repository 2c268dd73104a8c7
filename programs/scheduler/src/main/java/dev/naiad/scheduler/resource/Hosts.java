package dev.naiad.scheduler.resource;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** All announced hosts. Safe for threads. */
public final class Hosts {
    /** Far more than one scheduler serves; announcing costs memory and needs no credentials. */
    static final int MAX_HOSTS = 200_000;

    private final ConcurrentHashMap<String, Host> hosts = new ConcurrentHashMap<>();

    /**
     * Adds a host or refreshes what is known about it.
     *
     * @throws NaiadException PERMISSION_DENIED if another address announced this host before and
     *     its ports or kind differ; RESOURCE_EXHAUSTED if there are too many hosts
     */
    public Host announce(Host.Announcement announcement, Instant now) {
        return hosts.compute(
                announcement.host().getId(),
                (id, known) -> {
                    if (known == null) {
                        if (hosts.size() >= MAX_HOSTS) {
                            throw new NaiadException(
                                    ErrorKind.RESOURCE_EXHAUSTED,
                                    "there are " + MAX_HOSTS + " hosts already");
                        }
                        return new Host(announcement, now);
                    }
                    if (known.isForeign(announcement)) {
                        throw new NaiadException(
                                ErrorKind.PERMISSION_DENIED,
                                "host "
                                        + id
                                        + " was announced by another address; from "
                                        + announcement.source()
                                        + " its address and kind cannot be changed");
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

    /**
     * The host with this id.
     *
     * @throws NaiadException NOT_FOUND
     */
    public Host get(String id) {
        return find(id).orElseThrow(
                        () -> new NaiadException(ErrorKind.NOT_FOUND, "host " + id + " not found"));
    }
}
