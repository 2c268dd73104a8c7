package dev.naiad.builder.reference;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkOrigin;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.chunk.ContextTable;
import dev.naiad.builder.chunk.OriginTracker;
import dev.naiad.codec.stream.ContextInflater;
import dev.naiad.codec.stream.GunzipStream;
import dev.naiad.rafs.blob.Contexts;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a gzip stream into contexts, stretches that can be inflated on their own, while its chunks
 * are read. A context begins at the start of a deflate block and holds whole chunks. For one
 * thread. The windows of all contexts stay in memory, compressed; so that they and the table do not
 * grow without bound, the contexts of a layer grow once there are thousands of them.
 */
public final class ZranIndex implements OriginTracker {
    /** Readers accept no more, and real layers are far below it. */
    private static final long MOST_BYTES = 64L << 20;

    private static final int MANY = 3072;
    private static final int MANY_MORE = 1024;
    private static final int MAX_STORED_SIZE = 0xff_ffff;

    /** When a context ends; the format does not say, and these are the original's values. */
    public record Limits(long minCompressed, long maxCompressed, long maxPlain) {
        public static final Limits DEFAULT = new Limits(512 << 10, 1 << 20, 2 << 20);
    }

    private static final class Context {
        private final long compressedOffset;
        private final long plainOffset;
        private final int previousByte;
        private final int pendingBits;
        private final int window;
        private final int windowSize;
        private final long block;
        private long compressed;
        private long plain;

        Context(GunzipStream.BlockStart start, long block, Windows windows) {
            this.compressedOffset = start.compressedOffset();
            this.plainOffset = start.plainOffset();
            this.previousByte = start.previousByte();
            this.pendingBits = start.pendingBits();
            this.window = windows.add(start.window());
            this.windowSize = start.window().length;
            this.block = block;
        }
    }

    private final GunzipStream stream;
    private final String name;
    private final Limits limits;
    private final int chunkSize;
    private final List<Context> contexts = new ArrayList<>();
    private final Windows windows = new Windows();
    private long member = -1;
    private long chunkAt;
    private long chunkPlain;

    /**
     * @param stream a tracking one
     * @param chunkSize of the image: chunks may be shorter
     */
    public ZranIndex(GunzipStream stream, String name, Limits limits, int chunkSize) {
        this.stream = stream;
        this.name = name;
        this.limits = limits;
        this.chunkSize = chunkSize;
    }

    @Override
    public void begin() {
        try {
            stream.settle();
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, name + ": cannot read: " + e.getMessage(), e);
        }
        chunkAt = stream.compressedPosition();
        chunkPlain = stream.plainPosition();
        if (contexts.isEmpty() || stream.member() != member || isFull(contexts.getLast())) {
            contexts.add(new Context(stream.lastBlock(), stream.blockNumber(), windows));
        }
        member = stream.member();
    }

    private boolean isFull(Context context) {
        if (stream.blockNumber() == context.block) {
            return false; // no better starting point
        }
        long compressed = chunkAt - context.compressedOffset;
        long plain = chunkPlain - context.plainOffset;
        long scale = scale();
        return compressed >= scale * limits.maxCompressed / 2
                || plain + chunkSize >= scale * limits.maxPlain
                || (compressed > 2 * context.compressed
                        && context.compressed > scale * limits.minCompressed);
    }

    /** 1 for the first 3 GB, then twice as much after each further thousand, 16 at most. */
    private long scale() {
        int more = contexts.size() - MANY;
        return more < 0 ? 1 : 2L << Math.min(3, more / MANY_MORE);
    }

    @Override
    public ChunkOrigin end() {
        var context = contexts.getLast();
        context.compressed = stream.compressedPosition() - context.compressedOffset;
        context.plain = stream.plainPosition() - context.plainOffset;
        if (context.compressed > MOST_BYTES || context.plain > MOST_BYTES) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    name
                            + ": for more than "
                            + MOST_BYTES
                            + " bytes from offset "
                            + context.compressedOffset
                            + " on there is no point at which inflating could begin;"
                            + " convert without a reference to the original layer");
        }
        return new ChunkOrigin(
                chunkAt,
                // compat: the record has 24 bits; readers go by the context.
                (int) Math.min(MAX_STORED_SIZE, stream.compressedPosition() - chunkAt),
                contexts.size() - 1,
                (int) (chunkPlain - context.plainOffset));
    }

    /** How many contexts there are. */
    int count() {
        return contexts.size();
    }

    /**
     * The contexts that chunks {@code [first, first + count)} of the store need; the chunks get
     * their new numbers, since a context whose chunks were all known before is left out.
     */
    public ContextTable table(ChunkStore store, int first, int count) {
        int[] places = new int[contexts.size()];
        Arrays.fill(places, -1);
        for (int number = first; number < first + count; number++) {
            places[store.context(number)] = 0;
        }
        var used = new ArrayList<Context>();
        for (int i = 0; i < places.length; i++) {
            if (places[i] == 0) {
                places[i] = used.size();
                used.add(contexts.get(i));
            }
        }
        for (int number = first; number < first + count; number++) {
            store.inUnit(number, places[store.context(number)], (int) store.unitWord(number));
        }
        return new Table(used, windows);
    }

    private record Table(List<Context> contexts, Windows windows) implements ContextTable {
        @Override
        public int count() {
            return contexts.size();
        }

        @Override
        public long size() {
            return (long) count() * Contexts.SIZE
                    + contexts.stream().mapToLong(context -> context.windowSize).sum();
        }

        @Override
        public void writeTo(OutputStream out) throws IOException {
            byte[] records = new byte[Math.multiplyExact(count(), Contexts.SIZE)];
            var view = LittleEndian.of(records, "contexts");
            long windowAt = 0;
            for (int i = 0; i < count(); i++) {
                var context = contexts.get(i);
                Contexts.writeZran(
                        view,
                        (long) i * Contexts.SIZE,
                        context.compressedOffset,
                        context.plainOffset,
                        context.compressed,
                        context.plain,
                        windowAt,
                        context.windowSize,
                        context.previousByte,
                        context.pendingBits);
                windowAt += context.windowSize;
            }
            out.write(records);
            byte[] window = new byte[ContextInflater.MAX_WINDOW];
            for (var context : contexts) {
                windows.get(context.window, window, context.windowSize);
                out.write(window, 0, context.windowSize);
            }
        }
    }
}
