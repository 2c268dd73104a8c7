package dev.naiad.dfdaemon.piece;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.PieceWriter;
import dev.naiad.dfdaemon.storage.Sha256;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.PieceDigest;
import dev.naiad.dragonfly.api.common.TrafficType;
import dev.naiad.dragonfly.vortex.PieceContent;
import dev.naiad.dragonfly.vortex.PieceRequest;
import dev.naiad.dragonfly.vortex.VortexError;
import dev.naiad.dragonfly.vortex.VortexException;
import dev.naiad.dragonfly.vortex.VortexHeader;
import dev.naiad.dragonfly.vortex.VortexTag;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes one piece from a parent and puts it into the store, hashing on the way. Blocks; meant for
 * platform threads. Whatever is not exactly the piece that was asked for is refused.
 */
public final class VortexClient {
    private static final Logger LOG = LoggerFactory.getLogger(VortexClient.class);
    private final InstantSource clock;
    private final TransferBuffers buffers;
    private final VortexConnections connections;

    public VortexClient(
            InstantSource clock, TransferBuffers buffers, VortexConnections connections) {
        this.clock = clock;
        this.buffers = buffers;
        this.connections = connections;
    }

    /**
     * Where a piece is fetched from.
     *
     * @param keepsConnections whether it answers several requests on one connection
     */
    public record Source(InetSocketAddress address, String peerId, boolean keepsConnections) {}

    /**
     * Fetches piece {@code number}.
     *
     * @param digest what the parent said the piece hashes to, where it is one of ours
     * @throws NaiadException DATA_LOSS if the parent sent something else than the piece, NOT_FOUND
     *     if it does not have it, UNAVAILABLE if it cannot be reached or went away
     */
    public PieceRecord fetch(
            StoredTask task,
            int number,
            Source source,
            Optional<Sha256> digest,
            RateLimiter[] limits,
            TransferHandle handle) {
        String name =
                "task " + task.meta().taskId() + " piece " + number + " of " + source.peerId();
        Instant begin = clock.instant();
        try (PieceWriter writer = task.write(number)) {
            ByteBuffer request =
                    new PieceRequest(
                                    (int) (begin.toEpochMilli() & 0xff),
                                    source.keepsConnections()
                                            ? VortexTag.DOWNLOAD_PIECE_AND_STAY
                                            : VortexTag.DOWNLOAD_PIECE,
                                    task.meta().taskId(),
                                    number)
                            .encode();
            Answer answer = ask(source, request, name, handle);
            boolean whole = false;
            try {
                check(answer.content(), task, number, name);
                copy(answer.channel(), writer, limits, handle);
                PieceRecord piece =
                        writer.commit(
                                TrafficType.REMOTE_PEER,
                                source.peerId(),
                                Duration.between(begin, clock.instant()),
                                clock.instant(),
                                record -> checkDigests(record, answer.content(), digest, name));
                whole = true;
                return piece;
            } finally {
                handle.onCancel(() -> {});
                if (whole && source.keepsConnections() && !handle.isCancelled()) {
                    connections.give(source.address(), answer.channel());
                } else {
                    VortexConnections.close(answer.channel());
                }
            }
        } catch (VortexException e) {
            throw new NaiadException(ErrorKind.DATA_LOSS, name + ": " + e.getMessage(), e);
        } catch (IOException e) {
            String why = handle.isCancelled() ? "no byte came in time" : String.valueOf(e);
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, name + " at " + source.address() + ": " + why, e);
        }
    }

    /** A connection on which the content follows. */
    private record Answer(SocketChannel channel, PieceContent content) {}

    private Answer ask(Source source, ByteBuffer request, String name, TransferHandle handle)
            throws IOException {
        var kept =
                source.keepsConnections()
                        ? connections.take(source.address())
                        : Optional.<SocketChannel>empty();
        if (kept.isPresent()) {
            try {
                return ask(kept.get(), request.duplicate(), name, handle);
            } catch (VortexException e) {
                throw e;
            } catch (IOException e) {
                if (handle.isCancelled()) {
                    throw e;
                }
                // The parent gave it up in the same moment.
                LOG.debug("{}: a kept connection was closed: {}", name, e.toString());
            }
        }
        return ask(connections.open(source.address()), request, name, handle);
    }

    private static Answer ask(
            SocketChannel channel, ByteBuffer request, String name, TransferHandle handle)
            throws IOException {
        boolean answered = false;
        try {
            handle.onCancel(() -> VortexConnections.close(channel));
            while (request.hasRemaining()) {
                channel.write(request);
            }
            var answer = new Answer(channel, content(channel, name));
            answered = true;
            return answer;
        } finally {
            if (!answered) {
                VortexConnections.close(channel);
            }
        }
    }

    private void copy(
            SocketChannel channel, PieceWriter writer, RateLimiter[] limits, TransferHandle handle)
            throws IOException {
        ByteBuffer buffer = buffers.take();
        try {
            while (writer.remaining() > 0) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), writer.remaining()));
                int read = channel.read(buffer);
                if (read < 0) {
                    throw new EOFException(writer.remaining() + " bytes missing");
                }
                handle.moved(read);
                for (RateLimiter limit : limits) {
                    limit.acquire(read);
                }
                writer.write(buffer.flip());
            }
        } finally {
            buffers.give(buffer);
        }
    }

    private static PieceContent content(SocketChannel channel, String name) throws IOException {
        VortexHeader header = VortexHeader.read(readFully(channel, VortexHeader.SIZE));
        ByteBuffer value = readFully(channel, header.length());
        return switch (header.tag()) {
            case PIECE_CONTENT -> PieceContent.decode(value);
            case ERROR -> {
                VortexError error = VortexError.decode(value);
                throw new NaiadException(
                        error.code() == VortexError.Code.NOT_FOUND
                                ? ErrorKind.NOT_FOUND
                                : ErrorKind.UNAVAILABLE,
                        name + ": " + error.message());
            }
            default -> throw new VortexException("tag " + header.tag() + " as an answer");
        };
    }

    private static void check(PieceContent content, StoredTask task, int number, String name) {
        if (content.number() != number
                || content.offset() != task.layout().offset(number)
                || content.length() != task.layout().length(number)) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    name
                            + ": the parent describes piece "
                            + content.number()
                            + " at "
                            + content.offset()
                            + " of "
                            + content.length()
                            + " bytes");
        }
    }

    private static void checkDigests(
            PieceRecord piece, PieceContent content, Optional<Sha256> digest, String name) {
        OptionalLong crc = PieceDigest.parse(content.digest());
        // An empty digest stands for an import that was never hashed; its content is not taken.
        if (crc.isEmpty() || crc.getAsLong() != piece.crc32()) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    name + ": digest " + piece.digest() + " instead of " + content.digest());
        }
        if (digest.isPresent() && !digest.get().equals(piece.sha256())) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS, name + ": " + piece.sha256() + " instead of " + digest);
        }
    }

    private static ByteBuffer readFully(SocketChannel channel, int size) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(size);
        while (in.hasRemaining()) {
            if (channel.read(in) < 0) {
                throw new EOFException("answer ends after " + in.position() + " bytes");
            }
        }
        return in.flip();
    }
}
