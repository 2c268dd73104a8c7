package dev.naiad.builder.reference;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkOrigin;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.chunk.ContextTable;
import dev.naiad.builder.chunk.OriginTracker;
import dev.naiad.codec.stream.GunzipStream;
import dev.naiad.rafs.blob.Contexts;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a gzip stream into contexts, stretches that can be inflated on their own, while its chunks
 * are read. A context begins at the start of a deflate block and holds whole chunks. For one
 * thread; the windows of all contexts stay in memory, 32 KiB for about every MiB of the layer.
 */
public final class ZranIndex implements OriginTracker {
    /** No reader takes more, and nothing sane is near it. */
    private static final long MOST_BYTES = 64L << 20;

    private static final int MAX_STORED_SIZE = 0xff_ffff;

    /** When a context ends; the format leaves it open, and these are the original's. */
    public record Limits(long minCompressed, long maxCompressed, long maxPlain) {
        public static final Limits DEFAULT = new Limits(512 << 10, 1 << 20, 2 << 20);
    }

    private static final class Context {
        private final GunzipStream.BlockStart start;
        private final long block;
        private long compressed;
        private long plain;

        Context(GunzipStream.BlockStart start, long block) {
            this.start = start;
            this.block = block;
        }

        Contexts.Zran toRecord() {
            return new Contexts.Zran(
                    start.compressedOffset(),
                    start.plainOffset(),
                    compressed,
                    plain,
                    MemorySegment.ofArray(start.window()),
                    start.previousByte(),
                    start.pendingBits());
        }
    }

    private final GunzipStream stream;
    private final String name;
    private final Limits limits;
    private final int chunkSize;
    private final List<Context> contexts = new ArrayList<>();
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
            contexts.add(new Context(stream.lastBlock(), stream.blockNumber()));
        }
        member = stream.member();
    }

    private boolean isFull(Context context) {
        if (stream.blockNumber() == context.block) {
            return false; // there is no better place to begin
        }
        long compressed = chunkAt - context.start.compressedOffset();
        long plain = chunkPlain - context.start.plainOffset();
        return compressed >= limits.maxCompressed / 2
                || plain + chunkSize >= limits.maxPlain
                || (compressed > 2 * context.compressed
                        && context.compressed > limits.minCompressed);
    }

    @Override
    public ChunkOrigin end() {
        var context = contexts.getLast();
        context.compressed = stream.compressedPosition() - context.start.compressedOffset();
        context.plain = stream.plainPosition() - context.start.plainOffset();
        if (context.compressed > MOST_BYTES || context.plain > MOST_BYTES) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    name
                            + ": for more than "
                            + MOST_BYTES
                            + " bytes from offset "
                            + context.start.compressedOffset()
                            + " on there is no place where inflating could begin;"
                            + " convert without a reference to the original layer");
        }
        return new ChunkOrigin(
                chunkAt,
                // compat: the record has 24 bits; readers go by the context.
                (int) Math.min(MAX_STORED_SIZE, stream.compressedPosition() - chunkAt),
                contexts.size() - 1,
                (int) (chunkPlain - context.start.plainOffset()));
    }

    /** How many contexts there are. */
    int count() {
        return contexts.size();
    }

    /**
     * The contexts that chunks {@code [first, first + count)} of the store need, which are told
     * their new numbers: what only held chunks that were known already is left out.
     */
    public ContextTable table(ChunkStore store, int first, int count) {
        int[] places = new int[contexts.size()];
        Arrays.fill(places, -1);
        for (int number = first; number < first + count; number++) {
            places[store.context(number)] = 0;
        }
        var used = new ArrayList<Contexts.Zran>();
        for (int i = 0; i < places.length; i++) {
            if (places[i] == 0) {
                places[i] = used.size();
                used.add(contexts.get(i).toRecord());
            }
        }
        for (int number = first; number < first + count; number++) {
            store.inUnit(number, places[store.context(number)], (int) store.unitWord(number));
        }
        return new ContextTable(used.size(), Contexts.toBytes(used));
    }
}
