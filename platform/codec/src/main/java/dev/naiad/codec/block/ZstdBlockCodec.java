package dev.naiad.codec.block;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** One zstd frame a block. */
final class ZstdBlockCodec implements BlockCodec {
    private final ContextPool<ZstdCompressCtx> compressors;
    private final ContextPool<ZstdDecompressCtx> decompressors =
            new ContextPool<>(ZstdDecompressCtx::new, ZstdDecompressCtx::close);

    ZstdBlockCodec(int level) {
        this.compressors =
                new ContextPool<>(
                        () -> new ZstdCompressCtx().setLevel(level), ZstdCompressCtx::close);
    }

    @Override
    public Compression compression() {
        return Compression.ZSTD;
    }

    @Override
    public int maxCompressedSize(int size) {
        return Math.toIntExact(Zstd.compressBound(size));
    }

    @Override
    public int compress(MemorySegment source, MemorySegment target) {
        return onAlikeMemory(
                source,
                target,
                (from, to) ->
                        Blocks.isArray(to)
                                ? compressArray(from, to)
                                : compress(
                                        Blocks.buffer(from),
                                        0,
                                        (int) from.byteSize(),
                                        Blocks.buffer(to),
                                        0));
    }

    private int compressArray(MemorySegment source, MemorySegment target) {
        ZstdCompressCtx context = compressors.take();
        try {
            return context.compressByteArray(
                    Blocks.array(target),
                    (int) target.address(),
                    (int) target.byteSize(),
                    Blocks.array(source),
                    (int) source.address(),
                    (int) source.byteSize());
        } catch (ZstdException e) {
            throw tooSmall(target.byteSize(), e);
        } finally {
            compressors.give(context);
        }
    }

    @Override
    public int compress(ByteBuffer source, int at, int length, ByteBuffer target, int to) {
        int room = target.limit() - to;
        ZstdCompressCtx context = compressors.take();
        try {
            return context.compressDirectByteBuffer(target, to, room, source, at, length);
        } catch (ZstdException e) {
            throw tooSmall(room, e);
        } finally {
            compressors.give(context);
        }
    }

    private static NaiadException tooSmall(long room, ZstdException cause) {
        var failure = Blocks.tooSmall(room);
        failure.addSuppressed(cause);
        return failure;
    }

    @Override
    public int decompress(MemorySegment source, MemorySegment target, String what) {
        if (source.byteSize() == 0) {
            throw Blocks.corrupt(what, source, "a zstd frame", "nothing");
        }
        ZstdDecompressCtx context = decompressors.take();
        try {
            return onAlikeMemory(
                    source,
                    target,
                    (from, to) -> {
                        if (Blocks.isArray(to)) {
                            return context.decompressByteArray(
                                    Blocks.array(to),
                                    (int) to.address(),
                                    (int) to.byteSize(),
                                    Blocks.array(from),
                                    (int) from.address(),
                                    (int) from.byteSize());
                        }
                        return context.decompressDirectByteBuffer(
                                Blocks.buffer(to),
                                0,
                                (int) to.byteSize(),
                                Blocks.buffer(from),
                                0,
                                (int) from.byteSize());
                    });
        } catch (ZstdException e) {
            throw Blocks.corrupt(
                    what,
                    source,
                    "zstd frames of at most " + target.byteSize() + " bytes",
                    String.valueOf(e.getMessage()));
        } finally {
            decompressors.give(context);
        }
    }

    private interface Operation {
        int run(MemorySegment from, MemorySegment to);
    }

    /**
     * The library takes two arrays or two native blocks: the source follows the target, which must
     * stay where it is.
     */
    private static int onAlikeMemory(
            MemorySegment source, MemorySegment target, Operation operation) {
        if (Blocks.isArray(target)) {
            return operation.run(
                    Blocks.isArray(source)
                            ? source
                            : MemorySegment.ofArray(source.toArray(ValueLayout.JAVA_BYTE)),
                    target);
        }
        if (source.isNative()) {
            return operation.run(source, target);
        }
        try (var arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(Math.max(1, source.byteSize()));
            MemorySegment.copy(source, 0, copy, 0, source.byteSize());
            return operation.run(copy.asSlice(0, source.byteSize()), target);
        }
    }
}
