package dev.naiad.scheduler.rpc;

import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import java.util.concurrent.ConcurrentHashMap;

/** How to reach the peers that are told of neighbours at any time, by peer id. Safe for threads. */
public final class Outlets {
    private final ConcurrentHashMap<String, Outlet> outlets = new ConcurrentHashMap<>();

    void put(String peerId, Outlet outlet) {
        outlets.put(peerId, outlet);
    }

    void remove(String peerId, Outlet outlet) {
        outlets.remove(peerId, outlet);
    }

    /** Tells a peer something, if it is there. */
    void tell(String peerId, AnnouncePeerResponse message) {
        Outlet outlet = outlets.get(peerId);
        if (outlet != null) {
            outlet.tell(message);
        }
    }
}
