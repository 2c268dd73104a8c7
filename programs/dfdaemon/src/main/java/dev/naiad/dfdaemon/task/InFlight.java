package dev.naiad.dfdaemon.task;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** The transfers of one task that run, at most one a piece. Not thread-safe. */
final class InFlight {
    private final Map<Integer, Transfer> transfers = new HashMap<>();
    private final Set<Transfer> moving = new HashSet<>();

    void add(Transfer transfer) {
        transfers.put(transfer.piece(), transfer);
        if (transfer.parent() != null) {
            transfer.parent().began();
        }
    }

    void remove(Transfer transfer) {
        transfers.remove(transfer.piece());
        moving.remove(transfer);
        if (transfer.parent() != null) {
            transfer.parent().ended();
        }
    }

    /** Bytes of it come. */
    void moves(Transfer transfer) {
        if (transfer.equals(transfers.get(transfer.piece()))) {
            moving.add(transfer);
        }
    }

    /** Most of its bytes are here. */
    void nearsItsEnd(Transfer transfer) {
        moving.remove(transfer);
    }

    /** Transfers from peers that no reader waits for. */
    int fromParents() {
        return count(false) - fromSource(false);
    }

    /** Of these, the ones that are in the midst of their bytes. */
    int movingFromParents() {
        int count = 0;
        for (Transfer transfer : moving) {
            count += transfer.parent() != null && !transfer.demanded() ? 1 : 0;
        }
        return count;
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
