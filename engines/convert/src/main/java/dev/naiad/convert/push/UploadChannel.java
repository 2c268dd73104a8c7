package dev.naiad.convert.push;

import dev.naiad.backend.registry.BlobUpload;
import dev.naiad.backend.registry.RegistryRepository;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a blob while it is built and sends it in pieces, one piece behind. A blob that ends within
 * the first piece is not sent before its digest is known, so that one that the registry has is not
 * sent at all. {@link #commit} completes the blob; {@link #close} without it gives up what was
 * sent.
 */
final class UploadChannel implements BlobWriter {
    private static final Piece END = new Piece(new byte[0], 0);

    private final RegistryRepository repository;
    private final int pieceBytes;
    private final Deadline deadline;
    private final LongConsumer progress;
    private final BlockingQueue<Piece> free = new ArrayBlockingQueue<>(4);
    private final BlockingQueue<Piece> full = new ArrayBlockingQueue<>(4);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final CountDownLatch sent = new CountDownLatch(1);
    private @Nullable Thread sender;
    private volatile @Nullable BlobUpload upload;
    private byte[] buffer = new byte[1 << 20];
    private int length;
    private boolean open = true;
    private boolean committed;

    @SuppressWarnings("ArrayRecordComponent") // a buffer that goes round
    private record Piece(byte[] bytes, int length) {}

    /**
     * @param progress told how many bytes have arrived
     */
    UploadChannel(
            RegistryRepository repository,
            int pieceBytes,
            Deadline deadline,
            LongConsumer progress) {
        this.repository = repository;
        this.pieceBytes = pieceBytes;
        this.deadline = deadline;
        this.progress = progress;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int count = source.remaining();
        while (source.hasRemaining()) {
            if (length == pieceBytes) {
                hand();
            }
            int part = Math.min(source.remaining(), pieceBytes - length);
            grow(length + part);
            source.get(buffer, length, part);
            length += part;
        }
        return count;
    }

    /** Small layers get small buffers. */
    private void grow(int wanted) {
        if (wanted > buffer.length) {
            buffer =
                    java.util.Arrays.copyOf(
                            buffer, Math.min(pieceBytes, Math.max(wanted, buffer.length * 2)));
        }
    }

    private void hand() throws IOException {
        if (sender == null) {
            free.add(new Piece(new byte[pieceBytes], 0));
            sender = Thread.ofVirtual().name("push").start(this::send);
        }
        rethrow();
        try {
            if (length > 0) {
                full.put(new Piece(buffer, length));
                buffer = free.take().bytes();
                length = 0;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(ErrorKind.CANCELLED, "push: interrupted", e);
        }
        rethrow();
    }

    private void send() {
        try {
            BlobUpload begun = repository.upload(deadline);
            upload = begun;
            while (true) {
                Piece piece = full.take();
                if (piece.length() == 0) {
                    return;
                }
                begun.append(piece.bytes(), 0, piece.length());
                progress.accept(piece.length());
                free.put(piece);
            }
        } catch (Throwable t) {
            failure.set(t);
            free.offer(new Piece(new byte[pieceBytes], 0)); // the writer may wait for one
        } finally {
            sent.countDown();
        }
    }

    private void rethrow() throws IOException {
        switch (failure.get()) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable t -> throw new NaiadException(ErrorKind.CANCELLED, "push: ended", t);
        }
    }

    @Override
    public void commit(Digest digest) throws IOException {
        if (sender == null) {
            byte[] whole = java.util.Arrays.copyOf(buffer, length);
            repository.putBlob(digest, whole, deadline);
            progress.accept(length);
        } else {
            hand();
            try {
                full.put(END);
                if (!sent.await(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
                    throw Deadline.exceeded("push of " + digest);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new NaiadException(ErrorKind.CANCELLED, "push: interrupted", e);
            }
            rethrow();
            BlobUpload begun = upload;
            if (begun != null) {
                begun.commit(digest);
            }
        }
        committed = true;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        Thread running = sender;
        if (running != null && !committed) {
            running.interrupt();
            BlobUpload begun = upload;
            if (begun != null) {
                begun.cancel();
            }
        }
    }
}
