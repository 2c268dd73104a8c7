package dev.naiad.scheduler.seed;

import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.scheduler.resource.Host;

/** Asks a seed to fetch a task from the origin. */
public interface SeedTrigger {
    /** How the request ended. */
    enum Outcome {
        /** The seed holds the task. */
        DONE,
        /** The seed tried and failed. */
        FAILED,
        /** The seed could not be reached. */
        UNREACHABLE,
        /** The call was cut short, which says nothing about the task. */
        CANCELLED
    }

    /** Told once, on any thread, when the seed is done with it. */
    @FunctionalInterface
    interface Listener {
        /** The request is over; {@code why} is empty when it went well. */
        void ended(Outcome outcome, String why);
    }

    /** Sends the request and returns at once. */
    void fire(Host seed, Download download, Listener listener);

    /**
     * The request of a client as it is passed on: the seed shall fetch from the origin and keep the
     * content to itself.
     */
    static Download forSeed(Download asked) {
        // Unknown fields stay: a client newer than this scheduler may name a kind of origin that
        // only it and the seed know.
        return asked.toBuilder().setNeedBackToSource(true).clearOutputPath().build();
    }
}
