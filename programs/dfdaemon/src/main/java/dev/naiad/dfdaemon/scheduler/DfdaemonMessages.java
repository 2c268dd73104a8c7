package dev.naiad.dfdaemon.scheduler;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dragonfly.api.common.Piece;
import dev.naiad.net.http.Headers;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Our records as the messages of the API. */
public final class DfdaemonMessages {
    private DfdaemonMessages() {}

    /** A piece as schedulers and tools want it, without content. */
    public static Piece piece(PieceRecord piece) {
        Piece.Builder message =
                Piece.newBuilder()
                        .setNumber(piece.number())
                        .setOffset(piece.offset())
                        .setLength(piece.length())
                        .setDigest(piece.digest())
                        .setTrafficType(piece.traffic())
                        .setCost(duration(piece.cost()))
                        .setCreatedAt(timestamp(piece.createdAt()));
        if (!piece.parentId().isEmpty()) {
            message.setParentId(piece.parentId());
        }
        return message.build();
    }

    public static Duration duration(java.time.Duration duration) {
        return Duration.newBuilder()
                .setSeconds(duration.getSeconds())
                .setNanos(duration.getNano())
                .build();
    }

    public static Timestamp timestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }

    /** Headers as a map; of repeated ones the last. */
    public static Map<String, String> headers(Headers headers) {
        var map = new LinkedHashMap<String, String>();
        headers.forEach(map::put);
        return map;
    }
}
