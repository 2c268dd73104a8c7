package dev.naiad.base.concurrent;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A moment in monotonic time, or never. Immutable. */
public final class Deadline {
    private static final Deadline NEVER = new Deadline(null, 0);

    private final @Nullable Ticker ticker;
    private final long atNanos;

    private Deadline(@Nullable Ticker ticker, long atNanos) {
        this.ticker = ticker;
        this.atNanos = atNanos;
    }

    /** The deadline that never comes. */
    public static Deadline never() {
        return NEVER;
    }

    /** {@code duration} from now in the JVM's time. */
    public static Deadline after(Duration duration) {
        return after(duration, Ticker.system());
    }

    /** {@code duration} from now in the ticker's time. */
    public static Deadline after(Duration duration, Ticker ticker) {
        return new Deadline(ticker, ticker.nanos() + saturatedNanos(duration));
    }

    private static long saturatedNanos(Duration duration) {
        // A half of the range keeps differences of two moments from overflowing.
        return duration.compareTo(Duration.ofNanos(Long.MAX_VALUE / 2)) > 0
                ? Long.MAX_VALUE / 2
                : duration.toNanos();
    }

    /** Whether the moment has come. */
    public boolean isExpired() {
        return remainingNanos() <= 0;
    }

    /** Nanoseconds left, 0 if none, {@code Long.MAX_VALUE / 2} for never. */
    public long remainingNanos() {
        return ticker == null ? Long.MAX_VALUE / 2 : Math.max(0, atNanos - ticker.nanos());
    }

    /** Time left, zero if none. */
    public Duration remaining() {
        return Duration.ofNanos(remainingNanos());
    }

    /** Whether this is {@link #never()}. */
    public boolean isNever() {
        return ticker == null;
    }

    /** The earlier of this and {@code duration} from now. */
    public Deadline atMost(Duration duration) {
        if (ticker == null) {
            return after(duration);
        }
        return remaining().compareTo(duration) <= 0 ? this : after(duration, ticker);
    }

    /**
     * Does nothing before the moment.
     *
     * @throws NaiadException DEADLINE_EXCEEDED after it, naming {@code what}
     */
    public void check(String what) {
        if (isExpired()) {
            throw exceeded(what);
        }
    }

    /** The failure for {@code what} that ran out of time. */
    public static NaiadException exceeded(String what) {
        return new NaiadException(ErrorKind.DEADLINE_EXCEEDED, what + ": deadline exceeded");
    }
}
