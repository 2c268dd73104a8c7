package dev.naiad.scheduler.rpc;

import dev.naiad.base.error.NaiadException;
import dev.naiad.scheduler.gc.Collector;
import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Hosts;
import dev.naiad.scheduler.resource.Swarms;
import dev.naiad.scheduler.scheduling.Limits;
import dev.naiad.scheduler.scheduling.Priorities;
import dev.naiad.scheduler.scheduling.Scheduling;
import dev.naiad.scheduler.seed.SeedTrigger;
import dev.naiad.scheduler.seed.Seeds;
import java.time.InstantSource;
import java.util.function.Supplier;

/** What the service works with. */
public record Registry(
        Hosts hosts,
        Swarms swarms,
        Seeds seeds,
        Collector collector,
        Scheduling scheduling,
        Supplier<Cluster> cluster,
        SeedTrigger trigger,
        InstantSource clock) {
    /** What may change while the scheduler runs. */
    public record Cluster(Limits limits, Priorities priorities) {}

    /**
     * What is known of a task.
     *
     * @throws NaiadException NOT_FOUND
     */
    Swarms.Entry task(String id) {
        return swarms.get(id);
    }

    /**
     * A host that announced itself.
     *
     * @throws NaiadException NOT_FOUND
     */
    Host host(String id) {
        return hosts.get(id);
    }
}
