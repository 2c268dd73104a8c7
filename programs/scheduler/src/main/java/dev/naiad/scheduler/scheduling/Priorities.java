package dev.naiad.scheduler.scheduling;

import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Priority;
import java.util.List;
import java.util.regex.Pattern;

/** The priority of a download: its own, else what the cluster's applications say about its URL. */
public record Priorities(List<Application> applications) {
    /** Nothing configured. */
    public static final Priorities NONE = new Priorities(List.of());

    /** One application's rules, asked in order before its general value. */
    public record Application(String name, Priority value, List<Rule> rules) {
        /** Copies the rules. */
        public Application {
            rules = List.copyOf(rules);
        }
    }

    /** A URL in which the pattern is found has this priority. */
    public record Rule(Pattern pattern, Priority value) {}

    /** Copies the list. */
    public Priorities {
        applications = List.copyOf(applications);
    }

    /** The priority of a download. */
    public Priority of(Download download) {
        if (download.getPriority() != Priority.LEVEL0) {
            return download.getPriority();
        }
        for (Application application : applications) {
            if (application.name().equals(download.getApplication())) {
                for (Rule rule : application.rules()) {
                    if (rule.pattern().matcher(download.getUrl()).find()) {
                        return rule.value();
                    }
                }
                return application.value();
            }
        }
        return Priority.LEVEL0;
    }
}
