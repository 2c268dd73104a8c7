package dev.naiad.backend.objectstore;

import dev.naiad.backend.objectstore.ObjectRequests.Stored;
import dev.naiad.backend.store.Content;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One object sent in parts, several at a time. An upload that broke off stays in the store, and the
 * next one of the same name goes on with it: parts that it has, by size and MD5, are not sent
 * again. What can never succeed is given up there as well, since unfinished parts cost money.
 */
final class MultipartUpload {
    /** S3 wants 5 MiB at least; larger parts cost more when one breaks off. */
    static final long PART_BYTES = 16 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(MultipartUpload.class);
    private static final int MAX_PARTS = 10_000;
    private static final int PARTS_AT_ONCE = 4;
    private static final Duration GIVING_UP = Duration.ofSeconds(10);

    private final ObjectRequests requests;
    private final String name;
    private final Content content;
    private final long partBytes;
    private final LongConsumer progress;

    MultipartUpload(
            ObjectRequests requests,
            String name,
            Content content,
            long partBytes,
            LongConsumer progress) {
        this.requests = requests;
        this.name = name;
        this.content = content;
        this.partBytes = partBytes(content.size(), partBytes);
        this.progress = progress;
    }

    private record Begun(String id, Map<Integer, Stored> there) {}

    /** Depends on the size alone, so that a later run cuts the same parts. */
    static long partBytes(long size, long smallest) {
        long needed = (size + MAX_PARTS - 1) / MAX_PARTS;
        return Math.max(smallest, (needed + smallest - 1) / smallest * smallest);
    }

    void run(Deadline deadline) {
        Begun begun =
                earlier(deadline)
                        .orElseGet(() -> new Begun(requests.begin(name, deadline), Map.of()));
        String upload = begun.id();
        try {
            SortedMap<Integer, String> tags = send(upload, begun.there(), deadline);
            complete(upload, tags, deadline);
        } catch (NaiadException e) {
            if (!passing(e.kind())) {
                abort(upload);
            }
            throw e;
        }
    }

    /** Without permission to list uploads, the upload starts over. */
    private Optional<Begun> earlier(Deadline deadline) {
        try {
            return requests.unfinished(name, deadline)
                    .map(id -> new Begun(id, requests.parts(name, id, deadline)));
        } catch (NaiadException e) {
            LOG.debug("unfinished uploads cannot be listed: {}", e.getMessage());
            return Optional.empty();
        }
    }

    private SortedMap<Integer, String> send(
            String upload, Map<Integer, Stored> there, Deadline deadline) {
        var tags = new ConcurrentSkipListMap<Integer, String>();
        try (var group = TaskGroup.open("part", deadline, PARTS_AT_ONCE)) {
            int number = 0;
            for (long offset : ObjectRequests.offsets(content.size(), partBytes)) {
                int part = ++number;
                group.fork(() -> tags.put(part, send(upload, part, offset, there, deadline)));
            }
            group.joinOrThrow();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(
                    ErrorKind.CANCELLED, requests.describe(name) + ": interrupted", e);
        }
        return tags;
    }

    private String send(
            String upload, int number, long offset, Map<Integer, Stored> there, Deadline deadline) {
        long length = Math.min(partBytes, content.size() - offset);
        PartDigests part = requests.digests(name, content, offset, length);
        Stored stored = there.get(number);
        String tag;
        if (stored != null && stored.size() == length && part.matches(stored.tag())) {
            LOG.debug("part {} of {} is there already", number, name);
            tag = stored.tag();
        } else {
            tag = requests.putPart(name, upload, number, part, deadline);
        }
        progress.accept(length);
        return tag;
    }

    private void complete(String upload, SortedMap<Integer, String> tags, Deadline deadline) {
        try {
            requests.complete(name, upload, tags, deadline);
        } catch (NaiadException e) {
            // Only the answer was lost, or another process has sent the same.
            OptionalLong size =
                    e.kind() == ErrorKind.NOT_FOUND
                            ? requests.size(name, deadline)
                            : OptionalLong.empty();
            if (size.isEmpty() || size.getAsLong() != content.size()) {
                throw e;
            }
        }
    }

    private static boolean passing(ErrorKind kind) {
        return switch (kind) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, CANCELLED -> true;
            case INVALID_ARGUMENT,
                    NOT_FOUND,
                    ALREADY_EXISTS,
                    PERMISSION_DENIED,
                    UNAUTHENTICATED,
                    NO_SPACE,
                    DATA_LOSS,
                    FAILED_PRECONDITION,
                    OUT_OF_RANGE,
                    UNIMPLEMENTED,
                    INTERNAL ->
                    false;
        };
    }

    private void abort(String upload) {
        try {
            requests.abort(name, upload, Deadline.after(GIVING_UP));
        } catch (NaiadException e) {
            LOG.debug("an upload could not be given up: {}", e.getMessage());
        }
    }
}
