package dev.naiad.scheduler.rpc;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import dev.naiad.dragonfly.api.common.Host;
import dev.naiad.dragonfly.api.common.SizeScope;
import dev.naiad.dragonfly.api.common.Task;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import dev.naiad.dragonfly.api.scheduler.EmptyTaskResponse;
import dev.naiad.dragonfly.api.scheduler.MetadataOnlyResponse;
import dev.naiad.dragonfly.api.scheduler.NeedBackToSourceResponse;
import dev.naiad.dragonfly.api.scheduler.NormalTaskResponse;
import dev.naiad.scheduler.resource.Peer;
import dev.naiad.scheduler.resource.Swarm;
import java.time.Instant;
import java.util.List;

/**
 * State as messages. Request headers never leave the scheduler: they may hold the registry
 * credentials of another peer.
 */
final class SchedulerMessages {
    private static final int TINY_BYTES = 128;

    private SchedulerMessages() {}

    static AnnouncePeerResponse emptyTask() {
        return AnnouncePeerResponse.newBuilder()
                .setEmptyTaskResponse(EmptyTaskResponse.getDefaultInstance())
                .build();
    }

    static AnnouncePeerResponse metadataOnly() {
        return AnnouncePeerResponse.newBuilder()
                .setMetadataOnlyResponse(MetadataOnlyResponse.getDefaultInstance())
                .build();
    }

    static AnnouncePeerResponse backToSource(String why) {
        return AnnouncePeerResponse.newBuilder()
                .setNeedBackToSourceResponse(
                        NeedBackToSourceResponse.newBuilder().setDescription(why))
                .build();
    }

    static AnnouncePeerResponse parents(Swarm swarm, List<Peer> parents) {
        return AnnouncePeerResponse.newBuilder()
                .setNormalTaskResponse(candidates(swarm, parents))
                .build();
    }

    /** One more neighbour for a peer that exchanges. */
    static AnnouncePeerResponse further(Swarm swarm, Peer neighbour) {
        return AnnouncePeerResponse.newBuilder()
                .setNormalTaskResponse(candidates(swarm, List.of(neighbour)).setNaiadFurther(true))
                .build();
    }

    private static NormalTaskResponse.Builder candidates(Swarm swarm, List<Peer> parents) {
        var normal = NormalTaskResponse.newBuilder();
        var task = task(swarm, false);
        for (Peer parent : parents) {
            // compat: candidates are told without name, cluster and disable_shared; the client uses
            // id and addresses.
            var host =
                    parent.host().facts().toBuilder()
                            .clearName()
                            .clearSchedulerClusterId()
                            .clearDisableShared();
            normal.addCandidateParents(peer(parent, task, host.build()));
        }
        return normal;
    }

    static dev.naiad.dragonfly.api.common.Peer peer(Swarm swarm, Peer peer) {
        return peer(peer, task(swarm, true), peer.host().facts());
    }

    private static dev.naiad.dragonfly.api.common.Peer peer(Peer peer, Task task, Host host) {
        var message =
                dev.naiad.dragonfly.api.common.Peer.newBuilder()
                        .setId(peer.id())
                        .setPriorityValue(peer.download().getPriorityValue())
                        .setCost(duration(peer.cost()))
                        .setState(peer.state().text())
                        .setTask(task)
                        .setHost(host)
                        .setNeedBackToSource(peer.needBackToSource())
                        .setConcurrentPieceCount(peer.concurrentPieces())
                        .setCreatedAt(timestamp(peer.createdAt()))
                        .setUpdatedAt(timestamp(peer.updatedAt()));
        if (peer.download().hasRange()) {
            message.setRange(peer.download().getRange());
        }
        return message.build();
    }

    static Task task(Swarm swarm, boolean withPieces) {
        var download = swarm.download();
        var message =
                Task.newBuilder()
                        .setId(swarm.id())
                        .setTypeValue(download.getTypeValue())
                        .setUrl(download.getUrl())
                        .addAllFilteredQueryParams(download.getFilteredQueryParamsList())
                        // compat: an unknown length is the signed -1 in an unsigned field
                        .setContentLength(swarm.content().length())
                        .setPieceCount((int) Math.max(0, swarm.content().pieceCount()))
                        .setSizeScope(sizeScope(swarm))
                        .setState(swarm.state().text())
                        .setPeerCount(swarm.peers().size())
                        .setCreatedAt(timestamp(swarm.createdAt()))
                        .setUpdatedAt(timestamp(swarm.updatedAt()));
        if (download.hasDigest()) {
            message.setDigest(download.getDigest());
        }
        if (download.hasTag()) {
            message.setTag(download.getTag());
        }
        if (download.hasApplication()) {
            message.setApplication(download.getApplication());
        }
        if (withPieces) {
            message.addAllPieces(swarm.content().pieces());
        }
        return message.build();
    }

    static SizeScope sizeScope(Swarm swarm) {
        if (swarm.content().length() < 0 || swarm.content().pieceCount() < 0) {
            return SizeScope.UNKNOW;
        }
        if (swarm.content().length() == 0) {
            return SizeScope.EMPTY;
        }
        if (swarm.content().length() <= TINY_BYTES) {
            return SizeScope.TINY;
        }
        return swarm.content().pieceCount() == 1 ? SizeScope.SMALL : SizeScope.NORMAL;
    }

    static Timestamp timestamp(Instant at) {
        return Timestamp.newBuilder()
                .setSeconds(at.getEpochSecond())
                .setNanos(at.getNano())
                .build();
    }

    static Duration duration(java.time.Duration length) {
        return Duration.newBuilder()
                .setSeconds(length.toSeconds())
                .setNanos(length.toNanosPart())
                .build();
    }
}
