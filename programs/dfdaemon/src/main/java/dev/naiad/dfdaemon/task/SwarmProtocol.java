package dev.naiad.dfdaemon.task;

import dev.naiad.dragonfly.api.dfdaemon.SyncPiecesResponse;
import io.grpc.Metadata;

/**
 * What our peers say to each other inside SyncPieces beyond the original's words. Peers of others
 * do not see the headers, and are never sent the extra messages (docs/protocols/dragonfly.md).
 */
public final class SwarmProtocol {
    /** A child of ours: greet it, and tell it about twice a second that work goes on. */
    public static final Metadata.Key<String> CHILD =
            Metadata.Key.of("x-naiad-swarm", Metadata.ASCII_STRING_MARSHALLER);

    /** The child asks the parent to fetch what it names, as {@link #NOW} or {@link #LATER}. */
    public static final Metadata.Key<String> FETCH =
            Metadata.Key.of("x-naiad-fetch", Metadata.ASCII_STRING_MARSHALLER);

    /** The registry credentials with which the child would fetch it itself. */
    public static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("x-naiad-authorization", Metadata.ASCII_STRING_MARSHALLER);

    public static final String NOW = "now";
    public static final String LATER = "later";

    /** No piece: a greeting, or the word that work goes on. */
    public static final SyncPiecesResponse ALIVE =
            SyncPiecesResponse.newBuilder().setNumber(-1).build();

    /** No piece and no sign of life: its sender only says how busy it is. */
    public static final int LOAD_ONLY = -2;

    private SwarmProtocol() {}

    public static boolean isAlive(SyncPiecesResponse message) {
        return message.getNumber() == -1;
    }
}
