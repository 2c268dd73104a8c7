package dev.naiad.scheduler.scheduling;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.dragonfly.api.common.Priority;
import dev.naiad.scheduler.resource.Peer;
import dev.naiad.scheduler.resource.PeerState;
import dev.naiad.scheduler.resource.Swarm;
import dev.naiad.scheduler.resource.TaskState;
import java.time.Instant;

/** The first decision about a peer that registered. */
public sealed interface Admission {
    /** The task has no bytes. */
    record Empty() implements Admission {}

    /** The peer already holds everything and only says so. */
    record MetadataOnly() implements Admission {}

    /** Parents are to be found, and perhaps a seed is to be asked first. */
    record Schedule(boolean triggerSeed) implements Admission {}

    /** The priority forbids the download. */
    record Refused(ErrorKind kind, String why) implements Admission {}

    /**
     * Decides and moves peer and task on.
     *
     * @param seedsKnown whether a seed could be asked
     */
    static Admission of(
            Swarm swarm, Peer peer, Priority priority, boolean seedsKnown, Instant now) {
        if (peer.download().getMetadataOnly()) {
            run(swarm, now);
            swarm.fire(peer, PeerState.Event.REGISTER_NORMAL, now);
            return new MetadataOnly();
        }
        boolean trigger = false;
        if (!peer.needBackToSource() && !swarm.hasProvider(peer)) {
            if (peer.host().isSeed() || !seedsKnown) {
                swarm.forceBackToSource(peer);
            } else {
                switch (priority) {
                    // compat: a level that is not defined is served like the least urgent ones
                    case LEVEL0, LEVEL4, LEVEL5, LEVEL6, UNRECOGNIZED -> {
                        if (swarm.seedFailedRecently(now)) {
                            swarm.forceBackToSource(peer);
                        } else {
                            trigger = swarm.beginTrigger(now);
                        }
                    }
                    case LEVEL3 -> swarm.forceBackToSource(peer);
                    case LEVEL2 -> {
                        return new Refused(
                                ErrorKind.NOT_FOUND,
                                "no candidate peers for priority LEVEL2 of task " + swarm.id());
                    }
                    case LEVEL1 -> {
                        return new Refused(
                                ErrorKind.FAILED_PRECONDITION,
                                "priority LEVEL1 of task " + swarm.id() + " is forbidden");
                    }
                }
            }
        }
        run(swarm, now);
        if (swarm.content().length() == 0) {
            swarm.fire(peer, PeerState.Event.REGISTER_EMPTY, now);
            return new Empty();
        }
        swarm.fire(peer, PeerState.Event.REGISTER_NORMAL, now);
        return new Schedule(trigger);
    }

    private static void run(Swarm swarm, Instant now) {
        if (swarm.state() != TaskState.RUNNING) {
            swarm.run(now);
        }
    }
}
