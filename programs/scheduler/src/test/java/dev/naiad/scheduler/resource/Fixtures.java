package dev.naiad.scheduler.resource;

import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Network;
import dev.naiad.dragonfly.api.common.Piece;
import java.time.Duration;
import java.time.Instant;

/** Hosts and requests for tests. */
public final class Fixtures {
    public static final Instant NOW = Instant.parse("2026-11-24T18:00:00Z");
    public static final long MIB = 1 << 20;

    private Fixtures() {}

    public static dev.naiad.dragonfly.api.common.Host hostMessage(String name, int type) {
        String id = "10.0.0.1-" + name + (type == Host.SEED ? "-seed" : "");
        return dev.naiad.dragonfly.api.common.Host.newBuilder()
                .setId(id)
                .setType(type)
                .setHostname(name)
                .setIp("10.0.0.1")
                .setPort(4000)
                .setDownloadPort(4000)
                .setNetwork(Network.newBuilder().setMaxTxBandwidth(1_000_000_000))
                .build();
    }

    public static Host host(String name) {
        return new Host(new Host.Announcement(hostMessage(name, 0), Duration.ofSeconds(30)), NOW);
    }

    public static Host seed(String name) {
        return new Host(
                new Host.Announcement(hostMessage(name, Host.SEED), Duration.ofSeconds(30)), NOW);
    }

    /** A request for content of 5 pieces of 4 MiB. */
    public static Download download() {
        return Download.newBuilder()
                .setUrl("http://registry/v2/naiad/alpine/blobs/sha256:00")
                .setActualContentLength(20 * MIB)
                .setActualPieceLength(4 * MIB)
                .setActualPieceCount(5)
                .build();
    }

    public static Piece piece(int number, String parent) {
        var piece =
                Piece.newBuilder()
                        .setNumber(number)
                        .setOffset(number * (4 * MIB))
                        .setLength(4 * MIB)
                        .setDigest("crc32:3513858833")
                        .setCost(com.google.protobuf.Duration.newBuilder().setNanos(5_000_000));
        if (!parent.isEmpty()) {
            piece.setParentId(parent);
        }
        return piece.build();
    }
}
