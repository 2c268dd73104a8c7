package dev.naiad.nydusd.daemon;

import dev.naiad.nydusdapi.DaemonState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's states. Transactional: a state is entered only after its action succeeded, so a
 * failed takeover leaves a daemon that can try another.
 */
final class StateMachine {
    private static final Logger LOG = LoggerFactory.getLogger(StateMachine.class);

    /** What moves the daemon. */
    enum Event {
        MOUNT("Mount"),
        TAKEOVER("Takeover"),
        START("Start"),
        STOP("Stop"),
        EXIT("Exit");

        private final String text;

        Event(String text) {
            this.text = text;
        }

        /** As the log and errors spell it. */
        String text() {
            return text;
        }
    }

    /** What a transition does. */
    @FunctionalInterface
    interface Action {
        void run() throws Exception;
    }

    private volatile DaemonState state = DaemonState.INIT;

    DaemonState state() {
        return state;
    }

    /**
     * Moves on after {@code action} succeeded.
     *
     * @throws UnexpectedEventException if the event is none of this state's
     */
    synchronized void on(Event event, Action action) throws Exception {
        var from = state;
        var to = next(from, event);
        action.run();
        state = to;
        LOG.info(
                NydusdLogLines.STATE,
                ProcessHandle.current().pid(),
                word(from),
                word(to),
                event.text(),
                "None");
    }

    private static DaemonState next(DaemonState from, Event event) {
        return switch (from) {
            case INIT ->
                    switch (event) {
                        case MOUNT, TAKEOVER -> DaemonState.READY;
                        case STOP -> DaemonState.STOPPED;
                        case START, EXIT -> throw new UnexpectedEventException(event.text());
                    };
            case READY ->
                    switch (event) {
                        case START -> DaemonState.RUNNING;
                        case STOP, EXIT -> DaemonState.STOPPED;
                        case MOUNT, TAKEOVER -> throw new UnexpectedEventException(event.text());
                    };
            case RUNNING ->
                    switch (event) {
                        case STOP -> DaemonState.READY;
                        case MOUNT, TAKEOVER, START, EXIT ->
                                throw new UnexpectedEventException(event.text());
                    };
            case STOPPED, UNKNOWN -> throw new UnexpectedEventException(event.text());
        };
    }

    /** The log spells states as words. */
    private static String word(DaemonState state) {
        return state.name().charAt(0)
                + state.name().substring(1).toLowerCase(java.util.Locale.ROOT);
    }
}
