package dev.naiad.dfdaemon.task;

import java.util.HashMap;
import java.util.Map;

/** The transfers of one task that run, at most one a piece. Not thread-safe. */
final class InFlight {
    private final Map<Integer, Transfer> transfers = new HashMap<>();

    void add(Transfer transfer) {
        transfers.put(transfer.piece(), transfer);
        if (transfer.parent() != null) {
            transfer.parent().began();
        }
    }

    void remove(Transfer transfer) {
        transfers.remove(transfer.piece());
        if (transfer.parent() != null) {
            transfer.parent().ended();
        }
    }

    boolean contains(int piece) {
        return transfers.containsKey(piece);
    }

    boolean isEmpty() {
        return transfers.isEmpty();
    }

    int count(boolean demanded) {
        int count = 0;
        for (Transfer transfer : transfers.values()) {
            count += transfer.demanded() == demanded ? 1 : 0;
        }
        return count;
    }

    int fromSource(boolean demanded) {
        int count = 0;
        for (Transfer transfer : transfers.values()) {
            count += transfer.parent() == null && transfer.demanded() == demanded ? 1 : 0;
        }
        return count;
    }
}
