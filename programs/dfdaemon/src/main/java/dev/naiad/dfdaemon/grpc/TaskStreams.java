package dev.naiad.dfdaemon.grpc;

import dev.naiad.dfdaemon.scheduler.DfdaemonMessages;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.task.TaskEngine;
import dev.naiad.dfdaemon.task.TaskSession;
import dev.naiad.dragonfly.api.common.Piece;
import dev.naiad.dragonfly.api.common.Range;
import dev.naiad.dragonfly.api.common.TrafficType;
import dev.naiad.dragonfly.api.dfdaemon.DownloadPieceFinishedResponse;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskResponse;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskStartedResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.BitSet;
import java.util.concurrent.CancellationException;

/** Tells a caller of DownloadTask how its download goes, piece by piece. */
final class TaskStreams {
    private final TaskEngine engine;
    private final PieceBytes bytes;

    TaskStreams(TaskEngine engine, PieceBytes bytes) {
        this.engine = engine;
        this.bytes = bytes;
    }

    /** Sends the beginning and every piece of a session, with content if wanted. */
    void send(
            TaskSession session,
            ServerCallStreamObserver<DownloadTaskResponse> out,
            boolean withContent)
            throws InterruptedException, IOException {
        PieceBytes.Share share = bytes.share(out);
        share.drain();
        out.onNext(started(session));
        try (FileChannel content = session.stored().openContent()) {
            if (withContent) {
                for (int number = session.firstPiece(); number < session.endPiece(); number++) {
                    send(session, session.await(number), content, share, out);
                }
                return;
            }
            var left = new BitSet();
            left.set(session.firstPiece(), session.endPiece());
            while (!left.isEmpty()) {
                int number = session.awaitAny(left);
                left.clear(number);
                tell(session, number, share, out);
            }
        }
    }

    private void send(
            TaskSession session,
            PieceRecord record,
            FileChannel content,
            PieceBytes.Share share,
            ServerCallStreamObserver<DownloadTaskResponse> out)
            throws InterruptedException {
        drain(share, out);
        share.take(record);
        PieceStream.send(base(session).build(), describe(session, record), content, out);
        share.drain();
    }

    private void tell(
            TaskSession session,
            int number,
            PieceBytes.Share share,
            ServerCallStreamObserver<DownloadTaskResponse> out)
            throws InterruptedException {
        PieceRecord record = session.stored().piece(number).orElseThrow();
        drain(share, out);
        out.onNext(
                base(session)
                        .setDownloadPieceFinishedResponse(
                                DownloadPieceFinishedResponse.newBuilder()
                                        .setPiece(describe(session, record)))
                        .build());
    }

    private static void drain(
            PieceBytes.Share share, ServerCallStreamObserver<DownloadTaskResponse> out)
            throws InterruptedException {
        share.drain();
        if (out.isCancelled()) {
            throw new CancellationException("the caller went away");
        }
    }

    private static Piece describe(TaskSession session, PieceRecord record) {
        Piece piece = DfdaemonMessages.piece(record);
        return session.wasLocal(record.number())
                ? piece.toBuilder().setTrafficType(TrafficType.LOCAL_PEER).clearParentId().build()
                : piece;
    }

    private DownloadTaskResponse started(TaskSession session) {
        var started =
                DownloadTaskStartedResponse.newBuilder()
                        .setContentLength(session.stored().meta().contentLength())
                        .putAllResponseHeader(session.stored().meta().responseHeaders())
                        .setIsFinished(session.wasComplete());
        session.range()
                .ifPresent(
                        range ->
                                started.setRange(
                                        Range.newBuilder()
                                                .setStart(range.offset())
                                                .setLength(range.length())));
        for (int number = session.firstPiece(); number < session.endPiece(); number++) {
            started.addPieces(
                    Piece.newBuilder()
                            .setNumber(number)
                            .setOffset(session.stored().layout().offset(number))
                            .setLength(session.stored().layout().length(number)));
        }
        return base(session).setDownloadTaskStartedResponse(started).build();
    }

    private DownloadTaskResponse.Builder base(TaskSession session) {
        return DownloadTaskResponse.newBuilder()
                .setHostId(engine.identity().hostId())
                .setTaskId(session.taskId())
                .setPeerId(session.peerId());
    }
}
