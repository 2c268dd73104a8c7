package dev.naiad.dfdaemon.task;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Wakes the children that listen to a task when there is something to tell: a piece came, an upload
 * began or ended. A feed is there while anybody listens. Safe for threads.
 */
public final class TaskFeeds {
    private final ConcurrentHashMap<String, Feed> feeds = new ConcurrentHashMap<>();

    /** What happened to one task since somebody began to listen to it. */
    static final class Feed {
        @GuardedBy("this") private long version;

        /** Each piece that began to be sent, again for each time. */
        @GuardedBy("this") private final List<Integer> sent = new ArrayList<>();

        /** Guarded by the map of feeds: changed only inside its compute. */
        private int listeners;

        synchronized void changed() {
            version++;
            notifyAll();
        }

        synchronized void sent(int piece) {
            sent.add(piece);
            changed();
        }

        /** Grows with each change. */
        synchronized long version() {
            return version;
        }

        /** Waits for a change after {@code seen}, but not longer than so many milliseconds. */
        synchronized void await(long seen, long millis) throws InterruptedException {
            long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
            long left = millis;
            while (version == seen && left > 0) {
                wait(left);
                left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            }
        }

        /** The pieces that began to be sent after the first {@code seen} times. */
        synchronized List<Integer> sentSince(int seen) {
            return seen == sent.size() ? List.of() : List.copyOf(sent.subList(seen, sent.size()));
        }
    }

    /** Begins to listen; {@link #close} follows. */
    Feed open(String taskId) {
        return feeds.compute(
                taskId,
                (id, known) -> {
                    var feed = known == null ? new Feed() : known;
                    feed.listeners++;
                    return feed;
                });
    }

    /** Listens no longer. */
    void close(String taskId) {
        feeds.computeIfPresent(taskId, (id, feed) -> --feed.listeners == 0 ? null : feed);
    }

    /** Something changed in the task. */
    void changed(String taskId) {
        Feed feed = feeds.get(taskId);
        if (feed != null) {
            feed.changed();
        }
    }

    /** A piece of the task begins to be sent. */
    void sent(String taskId, int piece) {
        Feed feed = feeds.get(taskId);
        if (feed != null) {
            feed.sent(piece);
        }
    }

    /** Something changed that concerns all tasks. */
    public void changed() {
        feeds.values().forEach(Feed::changed);
    }
}
