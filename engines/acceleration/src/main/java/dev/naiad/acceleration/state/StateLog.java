package dev.naiad.acceleration.state;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records on the disk: a file to which each change is appended as a line of JSON with an {@code
 * id}. The last line of an id counts; a line that a crash has cut off does not. The file is written
 * anew when most of it is history. For several threads. docs/formats/acceld-state.md
 */
public final class StateLog {
    private static final Logger LOG = LoggerFactory.getLogger(StateLog.class);

    private static final int HISTORY = 1000;
    private static final String FORGOTTEN = "forgotten";

    private final Path file;
    private final OpenOption[] options;
    // Only for this file, so that lines do not mix; nothing else waits for it.
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock") private final Map<String, String> records = new LinkedHashMap<>();

    @GuardedBy("lock") private int lines;

    private StateLog(Path file, boolean synced) {
        this.file = file;
        var all = new ArrayList<OpenOption>();
        all.add(StandardOpenOption.CREATE);
        all.add(StandardOpenOption.APPEND);
        if (synced) {
            all.add(StandardOpenOption.DSYNC);
        }
        options = all.toArray(OpenOption[]::new);
    }

    /**
     * Opens a log; what is there is read.
     *
     * @param synced whether a change must survive a power cut, not only the end of the process
     */
    public static StateLog open(Path file, boolean synced) {
        var log = new StateLog(file, synced);
        log.lock.lock();
        try {
            log.load();
            return log;
        } finally {
            log.lock.unlock();
        }
    }

    @GuardedBy("lock") private void load() {
        String text;
        try {
            text = Files.exists(file) ? Files.readString(file, StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, file + ": cannot be read: " + e.getMessage(), e);
        }
        for (String line : text.split("\n", -1)) {
            if (!line.isEmpty()) {
                lines++;
                take(line);
            }
        }
    }

    @GuardedBy("lock") private void take(String line) {
        try {
            ConfigNode node = JsonReader.parse(file.toString(), line);
            var problems = new Problems();
            String id = node.get("id").requiredString(problems);
            problems.throwIfAny();
            if (node.has(FORGOTTEN)) {
                records.remove(id);
            } else {
                records.put(id, line);
            }
        } catch (NaiadException e) {
            LOG.warn("{}: a line is left out: {}", file, e.what());
        }
    }

    /** All records, in the order in which they were first written. */
    public List<ConfigNode> records() {
        lock.lock();
        try {
            return records.values().stream()
                    .map(line -> JsonReader.parse(file.toString(), line))
                    .toList();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Writes a record.
     *
     * @param json an object on one line, whose {@code id} is the given one
     */
    public void put(String id, String json) {
        lock.lock();
        try {
            records.put(id, json);
            append(json, 1);
        } finally {
            lock.unlock();
        }
    }

    /** Removes records. */
    public void forget(Collection<String> ids) {
        lock.lock();
        try {
            var gone = new ArrayList<String>();
            for (String id : ids) {
                if (records.remove(id) != null) {
                    gone.add(
                            JsonWriter.compact()
                                    .object()
                                    .put("id", id)
                                    .put(FORGOTTEN, true)
                                    .end()
                                    .toString());
                }
            }
            if (!gone.isEmpty()) {
                append(String.join("\n", gone), gone.size());
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private void append(String text, int count) {
        if (lines > HISTORY && lines > 4 * records.size()) {
            rewrite();
            return;
        }
        try {
            // The line end in front parts it from one that was cut off. The file is opened each
            // time: an interrupt of the thread would close a shared one for everybody.
            Files.writeString(file, "\n" + text + "\n", StandardCharsets.UTF_8, options);
            lines += count;
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    @GuardedBy("lock") private void rewrite() {
        var text = new StringBuilder();
        records.values().forEach(line -> text.append(line).append('\n'));
        AtomicFiles.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
        lines = records.size();
    }
}
