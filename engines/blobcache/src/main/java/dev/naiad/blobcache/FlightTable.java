package dev.naiad.blobcache;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The flights that have not landed, at most one for each chunk. Not safe by itself. */
final class FlightTable {
    private record Key(SharedBlob blob, int chunk) {}

    private final Map<Key, Flight> flights = new HashMap<>();

    @Nullable Flight find(SharedBlob blob, int chunk) {
        return flights.get(new Key(blob, chunk));
    }

    boolean has(SharedBlob blob, int chunk) {
        return flights.containsKey(new Key(blob, chunk));
    }

    /** A new flight of a chunk that has none. */
    Flight add(CachedBlob owner, int chunk) {
        var flight = new Flight(owner, chunk);
        flights.put(new Key(flight.shared, chunk), flight);
        return flight;
    }

    /** The chunk may have another flight from now on. */
    void remove(Flight flight) {
        flights.remove(new Key(flight.shared, flight.chunk), flight);
    }

    /** A copy of what the handle has on its way. */
    List<Flight> ownedBy(CachedBlob owner) {
        var owned = new ArrayList<Flight>();
        for (var flight : flights.values()) {
            if (flight.owner == owner) {
                owned.add(flight);
            }
        }
        return owned;
    }
}
