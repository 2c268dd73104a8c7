package dev.naiad.scheduler.main;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import dev.naiad.dragonfly.api.common.Priority;
import dev.naiad.scheduler.main.SchedulerConfig.AnyCase;
import dev.naiad.scheduler.scheduling.ClusterConfig;
import dev.naiad.scheduler.scheduling.Priorities;
import dev.naiad.scheduler.scheduling.SchedulingLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What may change while the scheduler runs, from a YAML file that is read again now and then. The
 * last good value stays when a later one is broken; without a file the defaults apply. Safe for
 * threads.
 */
final class Dynconfig implements Supplier<ClusterConfig> {
    private static final Logger LOG = LoggerFactory.getLogger(Dynconfig.class);
    private final Path file;
    private final SchedulerConfig.Scheduling fixed;
    private volatile ClusterConfig current;

    /** Reads the file the first time; a broken one is an error here. */
    Dynconfig(Path file, SchedulerConfig.Scheduling fixed) {
        this.file = file;
        this.fixed = fixed;
        var problems = new Problems();
        this.current = load(problems);
        problems.throwIfAny();
    }

    @Override
    public ClusterConfig get() {
        return current;
    }

    /** Reads the file again. */
    void refresh() {
        try {
            var problems = new Problems();
            var next = load(problems);
            problems.throwIfAny();
            current = next;
        } catch (RuntimeException broken) {
            LOG.warn("{}: the configuration read before stays: {}", file, broken.getMessage());
        }
    }

    private ClusterConfig load(Problems problems) {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException none) {
            text = "";
        } catch (IOException unreadable) {
            problems.add(file + ": " + unreadable);
            text = "";
        }
        var tree = new AnyCase(YamlReader.parse(file.toString(), text));
        var scheduler = new AnyCase(tree.at("schedulerClusterConfig"));
        var limits =
                new SchedulingLimits(
                        scheduler.at("candidateParentLimit").int32(problems, 0, 0, 1000),
                        scheduler.at("filterParentLimit").int32(problems, 0, 0, 100_000),
                        fixed.retryBackToSourceLimit(),
                        fixed.retryLimit(),
                        fixed.retryInterval(),
                        SchedulingLimits.SEED_WAIT);
        var applications = new ArrayList<Priorities.Application>();
        for (ConfigNode item : tree.at("applications").items()) {
            applications.add(application(new AnyCase(item), problems));
        }
        return new ClusterConfig(limits, new Priorities(applications));
    }

    private static Priorities.Application application(AnyCase item, Problems problems) {
        var rules = new ArrayList<Priorities.Rule>();
        for (ConfigNode url : item.at("priority", "urls").items()) {
            var rule = new AnyCase(url);
            var regex = rule.at("regex");
            try {
                rules.add(
                        new Priorities.Rule(
                                Pattern.compile(regex.string(problems, "")),
                                priority(rule.at("value"), problems)));
            } catch (PatternSyntaxException malformed) {
                problems.add(regex, malformed.getDescription());
            }
        }
        return new Priorities.Application(
                item.at("name").string(problems, ""),
                priority(item.at("priority", "value"), problems),
                rules);
    }

    private static Priority priority(ConfigNode node, Problems problems) {
        var priority = Priority.forNumber(node.int32(problems, 0, 0, 6));
        return priority == null ? Priority.LEVEL0 : priority;
    }
}
