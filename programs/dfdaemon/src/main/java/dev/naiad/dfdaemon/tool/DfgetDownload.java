package dev.naiad.dfdaemon.tool;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.grpc.ContentDigest;
import dev.naiad.dragonfly.api.common.Piece;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonDownloadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskResponse;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskStartedResponse;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.grpc.GrpcStatus;
import dev.naiad.net.wire.Endpoint;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Iterator;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks dfdaemon for one download and follows it to its end. By default dfdaemon writes the file; in
 * transfer mode the pieces come here. Ending without all of them is a failure.
 */
public final class DfgetDownload {
    private final ProgramContext context;
    private final DfgetOptions options;

    public DfgetDownload(ProgramContext context, DfgetOptions options) {
        this.context = context;
        this.options = options;
    }

    /** UNAVAILABLE if there is no dfdaemon. */
    public void run() throws IOException {
        if (!Files.exists(options.endpoint())) {
            throw noDaemon("no such socket", null);
        }
        boolean existed = Files.exists(options.output(), LinkOption.NOFOLLOW_LINKS);
        boolean done = false;
        try {
            download();
            done = true;
        } finally {
            if (!done && !existed) {
                // What dfdaemon put there, at least an empty file.
                Files.deleteIfExists(options.output());
            }
        }
    }

    private void download() throws IOException {
        try (var loops = new EventLoops("dfget", 1);
                var channel = GrpcChannel.open(Endpoint.unix(options.endpoint()), loops)) {
            Iterator<DownloadTaskResponse> answers =
                    DfdaemonDownloadGrpc.newBlockingStub(channel.channel())
                            .withMaxInboundMessageSize(Integer.MAX_VALUE)
                            .withDeadlineAfter(options.timeout().toMillis(), TimeUnit.MILLISECONDS)
                            .downloadTask(
                                    DownloadTaskRequest.newBuilder()
                                            .setDownload(options.download())
                                            .build());
            follow(answers);
        }
    }

    private void follow(Iterator<DownloadTaskResponse> answers) throws IOException {
        DownloadProgress progress = null;
        boolean done = false;
        try (var sink =
                options.transfer()
                        ? new Sink(options.output(), options.digest().orElse(""))
                        : null) {
            while (hasNext(answers)) {
                DownloadTaskResponse answer = answers.next();
                if (answer.hasDownloadTaskStartedResponse()) {
                    progress = begin(answer.getDownloadTaskStartedResponse());
                } else if (answer.hasDownloadPieceFinishedResponse()) {
                    Piece piece = answer.getDownloadPieceFinishedResponse().getPiece();
                    if (sink != null) {
                        sink.write(piece);
                    }
                    if (progress != null) {
                        progress.add(piece.getLength());
                    }
                }
            }
            if (progress == null || !progress.isComplete()) {
                throw new NaiadException(ErrorKind.DATA_LOSS, "download incomplete");
            }
            if (sink != null) {
                sink.finish();
            }
            done = true;
        } finally {
            if (progress != null) {
                progress.end(done);
            }
        }
    }

    private DownloadProgress begin(DownloadTaskStartedResponse started) {
        return new DownloadProgress(
                context.err(),
                String.valueOf(options.output().getFileName()),
                started.getPiecesList().stream().mapToLong(Piece::getLength).sum(),
                !options.noProgress() && context.variable("TERM").isPresent());
    }

    private boolean hasNext(Iterator<DownloadTaskResponse> answers) {
        try {
            return answers.hasNext();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.UNAVAILABLE) {
                throw noDaemon(String.valueOf(e.getStatus().getDescription()), e);
            }
            throw GrpcStatus.toException(options.url(), e);
        }
    }

    private NaiadException noDaemon(String why, @Nullable Throwable cause) {
        return new NaiadException(
                ErrorKind.UNAVAILABLE,
                "can not connect to dfdaemon at "
                        + options.endpoint()
                        + " ("
                        + why
                        + "); is dfdaemon running?",
                cause);
    }

    /** The file of a transfer: complete under its name, or not there. */
    private static final class Sink implements AutoCloseable {
        private final Path path;
        private final Path fresh;
        private final ContentDigest digest;
        private final FileChannel channel;

        Sink(Path path, String digest) throws IOException {
            this.path = path;
            this.digest = ContentDigest.parse(digest);
            this.fresh = path.resolveSibling("." + UUID.randomUUID() + ".part");
            this.channel =
                    FileChannel.open(
                            fresh,
                            StandardOpenOption.CREATE_NEW,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
        }

        void write(Piece piece) throws IOException {
            if (piece.getContent().size() != piece.getLength()) {
                throw new NaiadException(
                        ErrorKind.DATA_LOSS,
                        "piece " + piece.getNumber() + " came without its content");
            }
            long at = piece.getOffset();
            for (ByteBuffer part : piece.getContent().asReadOnlyByteBufferList()) {
                while (part.hasRemaining()) {
                    at += channel.write(part, at);
                }
            }
        }

        void finish() throws IOException {
            if (!digest.isEmpty() && !digest.matches(channel.position(0), channel.size())) {
                throw new NaiadException(
                        ErrorKind.DATA_LOSS,
                        "output path " + path + ": the content does not have digest " + digest);
            }
            channel.close();
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(
                    fresh,
                    path,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        }

        @Override
        public void close() throws IOException {
            channel.close();
            Files.deleteIfExists(fresh);
        }
    }
}
