package dev.naiad.scheduler.resource;

import java.util.Optional;

/** Where one host stands in one task. The text is what travels in {@code common.v2.Peer.state}. */
public enum PeerState {
    PENDING("Pending"),
    RECEIVED_EMPTY("ReceivedEmpty"),
    RECEIVED_NORMAL("ReceivedNormal"),
    RUNNING("Running"),
    BACK_TO_SOURCE("BackToSource"),
    SUCCEEDED("Succeeded"),
    FAILED("Failed"),
    LEAVE("Leave");

    /** What can happen to a peer. */
    public enum Event {
        REGISTER_EMPTY(RECEIVED_EMPTY),
        REGISTER_NORMAL(RECEIVED_NORMAL),
        DOWNLOAD(RUNNING),
        DOWNLOAD_BACK_TO_SOURCE(BACK_TO_SOURCE),
        DOWNLOAD_SUCCEEDED(SUCCEEDED),
        DOWNLOAD_FAILED(FAILED),
        LEAVE(PeerState.LEAVE);

        private final PeerState to;

        Event(PeerState to) {
            this.to = to;
        }
    }

    private final String text;

    PeerState(String text) {
        this.text = text;
    }

    /** The state after an event; empty when the event is not allowed here. */
    public Optional<PeerState> after(Event event) {
        boolean allowed =
                switch (event) {
                    case REGISTER_EMPTY, REGISTER_NORMAL -> this == PENDING;
                    case DOWNLOAD -> isReceived();
                    case DOWNLOAD_BACK_TO_SOURCE -> isReceived() || this == RUNNING;
                    case DOWNLOAD_SUCCEEDED ->
                            isReceived() || this == RUNNING || this == BACK_TO_SOURCE;
                    case DOWNLOAD_FAILED -> this != FAILED && this != LEAVE;
                    case LEAVE -> this != LEAVE;
                };
        return allowed ? Optional.of(event.to) : Optional.empty();
    }

    private boolean isReceived() {
        return this == RECEIVED_EMPTY || this == RECEIVED_NORMAL;
    }

    /** True while the peer has bytes, or is getting them, that it may hand on. */
    public boolean mayServe() {
        return this == RUNNING || this == BACK_TO_SOURCE || this == SUCCEEDED;
    }

    /** True when no further message of the peer is expected. */
    public boolean isOver() {
        return this == SUCCEEDED || this == FAILED || this == LEAVE;
    }

    /** The name on the wire. */
    public String text() {
        return text;
    }
}
