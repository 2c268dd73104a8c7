package dev.naiad.acceld.task;

import dev.naiad.acceleration.engine.ImageConversion;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.util.Optional;

/**
 * One conversion that was asked for. docs/operate/acceld.md#tasks
 *
 * @param finished empty while it waits or runs
 * @param source as it was asked for
 * @param reason why it failed, or why there was nothing to do
 * @param attempts how often it was begun; more than once if acceld ended meanwhile
 */
public record Task(
        String id,
        Instant created,
        Optional<Instant> finished,
        String source,
        long sourceSize,
        long targetSize,
        Status status,
        String reason,
        int attempts) {
    /** How Go writes the time of what did not happen. */
    private static final String ZERO_TIME = "0001-01-01T00:00:00Z";

    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss").withZone(ZoneOffset.UTC);

    /** Where it stands; waiting counts as processing. */
    public enum Status {
        PROCESSING,
        COMPLETED,
        FAILED
    }

    /** A new one. */
    static Task of(String id, Instant created, String source) {
        return new Task(id, created, Optional.empty(), source, 0, 0, Status.PROCESSING, "", 0);
    }

    Task begun() {
        return new Task(
                id,
                created,
                finished,
                source,
                sourceSize,
                targetSize,
                status,
                reason,
                attempts + 1);
    }

    Task completed(Instant at, ImageConversion.Outcome outcome) {
        return new Task(
                id,
                created,
                Optional.of(at),
                source,
                outcome.sourceSize(),
                outcome.targetSize(),
                Status.COMPLETED,
                outcome.note(),
                attempts);
    }

    Task failed(Instant at, String why) {
        return new Task(
                id,
                created,
                Optional.of(at),
                source,
                sourceSize,
                targetSize,
                Status.FAILED,
                why,
                attempts);
    }

    /** Appends the object that the REST API shows. */
    public void write(JsonWriter json) {
        json.object();
        fields(json);
        json.end();
    }

    private void fields(JsonWriter json) {
        json.put("id", id)
                .put("created", text(created))
                .put("finished", finished.map(Task::text).orElse(ZERO_TIME))
                .put("source", source)
                .put("source_size", sourceSize)
                .put("target_size", targetSize)
                .put("status", status.name())
                .put("reason", reason);
    }

    /** The line of the task log. */
    String line() {
        var json = JsonWriter.compact().object();
        fields(json);
        return json.put("attempts", attempts).end().toString();
    }

    /** Reads a line of the task log or an object of the REST API. */
    public static Task read(ConfigNode node) {
        var problems = new Problems();
        var task =
                new Task(
                        node.get("id").requiredString(problems),
                        time(node.get("created"), problems).orElse(Instant.EPOCH),
                        time(node.get("finished"), problems),
                        node.get("source").string(problems, ""),
                        node.get("source_size").integer(problems, 0, 0, Long.MAX_VALUE),
                        node.get("target_size").integer(problems, 0, 0, Long.MAX_VALUE),
                        status(node.get("status"), problems),
                        node.get("reason").string(problems, ""),
                        node.get("attempts").int32(problems, 0, 0, Integer.MAX_VALUE));
        problems.throwIfAny();
        return task;
    }

    private static Status status(ConfigNode node, Problems problems) {
        for (Status status : Status.values()) {
            if (status.name().equals(node.string(problems, ""))) {
                return status;
            }
        }
        problems.add(node, "is not a task status");
        return Status.FAILED;
    }

    private static Optional<Instant> time(ConfigNode node, Problems problems) {
        String text = node.string(problems, ZERO_TIME);
        if (text.equals(ZERO_TIME)) {
            return Optional.empty();
        }
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException e) {
            problems.add(node, "\"" + text + "\" is not a time");
            return Optional.empty();
        }
    }

    /** RFC 3339 with as many digits as it has nanoseconds, as Go writes it. */
    static String text(Instant time) {
        String whole = SECONDS.format(time);
        int nanos = time.get(ChronoField.NANO_OF_SECOND);
        if (nanos == 0) {
            return whole + "Z";
        }
        String digits = String.format("%09d", nanos);
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        return whole + "." + digits.substring(0, end) + "Z";
    }
}
