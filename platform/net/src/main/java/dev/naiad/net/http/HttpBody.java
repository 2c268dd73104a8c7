package dev.naiad.net.http;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.wire.WireReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of a message while it is read from its connection: a stream, to be read once by one
 * thread. A body that ends before its announced end is an error, never a short success. Failures
 * are {@link NaiadException}s that name the message: UNAVAILABLE for a broken connection,
 * DEADLINE_EXCEEDED for a slow one.
 */
public final class HttpBody {
    private static final int MAX_CHUNK_LINE = 256;
    private static final int PROGRESS_STEP = 64 << 10;
    private static final int MAX_TRAILER_BYTES = 8 << 10;

    private final WireReader in;
    private final Framing framing;
    private final String subject;
    private long left;
    private long received;
    private boolean finished;
    private boolean firstChunk = true;
    private @Nullable Pace pace;

    /**
     * @param subject the message in words, for errors
     */
    public HttpBody(WireReader in, Framing framing, String subject) {
        this.in = in;
        this.framing = framing;
        this.subject = subject;
        if (framing instanceof Framing.Length(var bytes)) {
            left = bytes;
            finished = bytes == 0;
        }
    }

    /** The announced length, if one was announced. */
    public OptionalLong length() {
        return framing instanceof Framing.Length(var bytes)
                ? OptionalLong.of(bytes)
                : OptionalLong.empty();
    }

    /** Bytes read so far. */
    public long received() {
        return received;
    }

    /** The end was reached as announced. */
    public boolean finished() {
        return finished;
    }

    /** Whether the connection can carry another message after this body. */
    public boolean leavesConnectionUsable() {
        return finished && !(framing instanceof Framing.UntilClose);
    }

    /** Reads at least one byte unless the target is full; -1 at the proper end. */
    public int read(ByteBuffer target) {
        if (finished) {
            return -1;
        }
        if (!target.hasRemaining()) {
            return 0;
        }
        try {
            int count = readFramed(target);
            received += Math.max(count, 0);
            if (pace != null && !finished) {
                pace.check(received);
            }
            return count;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * From now on the body is to bring that many bytes in each stretch of time, or its rest; else
     * it fails with DEADLINE_EXCEEDED. For readers that keep nothing waiting but the network.
     */
    public void demand(long bytes, Duration stretch) {
        pace = new Pace(bytes, stretch, received);
    }

    public int read(byte[] target, int offset, int length) {
        return read(ByteBuffer.wrap(target, offset, length));
    }

    /** Fills the segment; a body that ends before is an error. */
    public void readFully(MemorySegment target) {
        readFully(target, bytes -> {});
    }

    /**
     * The same, telling {@code progress} on the calling thread how many bytes at the start of the
     * target are there: now and then, and when all are.
     */
    public void readFully(MemorySegment target, LongConsumer progress) {
        long at = 0;
        long told = 0;
        while (at < target.byteSize()) {
            long part = Math.min(target.byteSize() - at, 1 << 20);
            ByteBuffer buffer = target.asSlice(at, part).asByteBuffer();
            while (buffer.hasRemaining()) {
                if (read(buffer) < 0) {
                    throw new NaiadException(
                            ErrorKind.UNAVAILABLE,
                            subject
                                    + ": body has "
                                    + received
                                    + " bytes, fewer than the expected "
                                    + target.byteSize());
                }
                long there = at + buffer.position();
                if (there - told >= PROGRESS_STEP) {
                    told = there;
                    progress.accept(there);
                }
            }
            at += part;
        }
        progress.accept(at);
    }

    /** Everything that is left; RESOURCE_EXHAUSTED if it is more than the limit. */
    public byte[] readAll(int limit) {
        if (length().orElse(0) > limit) {
            throw tooLarge(limit);
        }
        byte[] bytes = new byte[(int) Math.min(limit, length().orElse(1024))];
        int count = 0;
        while (true) {
            if (count == bytes.length) {
                if (finished) {
                    return bytes;
                }
                if (count == limit) {
                    if (read(new byte[1], 0, 1) < 0) {
                        return bytes;
                    }
                    throw tooLarge(limit);
                }
                bytes = Arrays.copyOf(bytes, (int) Math.min(limit, 2L * count + 1024));
            }
            int got = read(bytes, count, bytes.length - count);
            if (got < 0) {
                return count == bytes.length ? bytes : Arrays.copyOf(bytes, count);
            }
            count += got;
        }
    }

    /** Reads and forgets up to that many bytes; true if the end was reached. */
    public boolean skipUpTo(long limit) {
        byte[] scrap = new byte[(int) Math.min(16 << 10, Math.max(limit, 1))];
        long skipped = 0;
        while (!finished && skipped < limit) {
            int got = read(scrap, 0, scrap.length);
            if (got < 0) {
                break;
            }
            skipped += got;
        }
        return finished;
    }

    /** The body as a stream; closing the stream does nothing. */
    public InputStream stream() {
        return new InputStream() {
            @Override
            public int read() {
                byte[] one = new byte[1];
                return HttpBody.this.read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                if (length == 0) {
                    return 0;
                }
                return HttpBody.this.read(target, offset, length);
            }
        };
    }

    private int readFramed(ByteBuffer target) throws IOException {
        return switch (framing) {
            case Framing.Length(var bytes) -> {
                int count = limited(target);
                if (count < 0) {
                    throw new EOFException(
                            "connection closed after " + received + " of " + bytes + " bytes");
                }
                finished = left == 0;
                yield count;
            }
            case Framing.Chunked() -> {
                if (left == 0 && !nextChunk()) {
                    finished = true;
                    yield -1;
                }
                int count = limited(target);
                if (count < 0) {
                    throw new EOFException("connection closed within a chunk");
                }
                yield count;
            }
            case Framing.UntilClose() -> {
                int count = in.read(target);
                finished = count < 0;
                yield count;
            }
        };
    }

    private int limited(ByteBuffer target) throws IOException {
        int limit = target.limit();
        if (target.remaining() > left) {
            target.limit(target.position() + (int) left);
        }
        try {
            int count = in.read(target);
            left -= Math.max(count, 0);
            return count;
        } finally {
            target.limit(limit);
        }
    }

    private boolean nextChunk() throws IOException {
        if (!firstChunk && !chunkLine().isEmpty()) {
            throw new MalformedHttpException(400, "chunk is longer than its size");
        }
        firstChunk = false;
        String line = chunkLine();
        int semicolon = line.indexOf(';');
        String digits = (semicolon < 0 ? line : line.substring(0, semicolon)).strip();
        if (digits.isEmpty() || digits.length() > 15 || !digits.chars().allMatch(HttpBody::isHex)) {
            throw new MalformedHttpException(400, "chunk size is not a number");
        }
        left = Long.parseLong(digits, 16);
        if (left == 0) {
            HeadReader.fields(in, MAX_TRAILER_BYTES);
            return false;
        }
        return true;
    }

    private String chunkLine() throws IOException {
        String line = in.line(MAX_CHUNK_LINE);
        if (line == null) {
            throw new EOFException("connection closed before the last chunk");
        }
        return line;
    }

    private static boolean isHex(int c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }

    private NaiadException failed(IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return new NaiadException(ErrorKind.CANCELLED, subject + ": interrupted", e);
        }
        var kind =
                switch (e) {
                    case SocketTimeoutException _ -> ErrorKind.DEADLINE_EXCEEDED;
                    case MalformedHttpException _ -> ErrorKind.INVALID_ARGUMENT;
                    default -> ErrorKind.UNAVAILABLE;
                };
        return new NaiadException(kind, subject + ": " + e.getMessage(), e);
    }

    private NaiadException tooLarge(int limit) {
        return new NaiadException(
                ErrorKind.RESOURCE_EXHAUSTED,
                subject + ": body is larger than " + limit + " bytes");
    }
}
