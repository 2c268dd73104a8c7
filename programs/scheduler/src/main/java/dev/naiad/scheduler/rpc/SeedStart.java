package dev.naiad.scheduler.rpc;

import static dev.naiad.scheduler.rpc.SchedulerLogLines.TASK_ID;

import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.scheduler.resource.Swarms;
import dev.naiad.scheduler.seed.SeedTrigger;
import dev.naiad.scheduler.seed.SeedTrigger.Outcome;
import dev.naiad.scheduler.seed.Seeds;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has a seed peer fetch what nobody has yet. Safe for threads. */
public final class SeedStart {
    private static final Logger LOG = LoggerFactory.getLogger(SeedStart.class);

    private final Seeds seeds;
    private final SeedTrigger trigger;
    private final InstantSource clock;

    public SeedStart(Seeds seeds, SeedTrigger trigger, InstantSource clock) {
        this.seeds = seeds;
        this.trigger = trigger;
        this.clock = clock;
    }

    /** Whether a seed could be asked. */
    boolean any() {
        return seeds.any();
    }

    /** Asks the task's seed; returns at once. Its end wakes the peers that wait for parents. */
    void start(Swarms.Entry entry, String taskId, Download download) {
        var seed = seeds.pick(taskId);
        if (seed.isEmpty()) {
            endTrigger(entry, Outcome.UNREACHABLE);
            return;
        }
        LOG.atInfo()
                .addKeyValue(TASK_ID, taskId)
                .log("{} {}", SchedulerLogLines.TRIGGER, seed.get().id());
        trigger.fire(
                seed.get(),
                download,
                (outcome, why) -> {
                    if (outcome != Outcome.DONE) {
                        LOG.atWarn()
                                .addKeyValue(TASK_ID, taskId)
                                .log(
                                        "seed {} did not fetch the task, peers use the origin: {}",
                                        seed.get().id(),
                                        why);
                    }
                    if (outcome == Outcome.UNREACHABLE) {
                        seeds.down(seed.get());
                    }
                    endTrigger(entry, outcome);
                });
    }

    private void endTrigger(Swarms.Entry entry, Outcome outcome) {
        var now = clock.instant();
        entry.call(
                swarm -> {
                    boolean failed = outcome == Outcome.FAILED || outcome == Outcome.UNREACHABLE;
                    swarm.endTrigger(!failed, now);
                    return true;
                });
    }
}
