package dev.naiad.acceld.task;

import dev.naiad.acceleration.state.StateLog;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The tasks on the disk: what {@link #put} has written survives a crash. */
public final class TaskLog {
    private static final Logger LOG = LoggerFactory.getLogger(TaskLog.class);

    private final StateLog log;

    private TaskLog(StateLog log) {
        this.log = log;
    }

    /** Opens the log in a directory. */
    public static TaskLog open(Path directory) {
        return new TaskLog(StateLog.open(directory.resolve("tasks.log"), true));
    }

    /** All tasks, in the order in which they were first written. */
    List<Task> tasks() {
        var tasks = new ArrayList<Task>();
        for (ConfigNode record : log.records()) {
            try {
                tasks.add(Task.read(record));
            } catch (NaiadException e) {
                LOG.warn("a task is left out: {}", e.what());
            }
        }
        return tasks;
    }

    void put(Task task) {
        log.put(task.id(), task.line());
    }

    void forget(Collection<String> ids) {
        log.forget(ids);
    }
}
