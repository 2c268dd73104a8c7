package dev.naiad.builder.reference;

import dev.naiad.codec.block.BlockCodec;
import dev.naiad.codec.block.BlockCodecs;
import dev.naiad.codec.block.Compression;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The windows of a layer's contexts, compressed and outside the heap: a layer of 10 GB has some 300
 * MB of them. For one thread; freed with the last reference.
 */
final class Windows {
    private static final int WINDOW = 32 << 10;
    private static final int SLAB = 1 << 20;

    private final BlockCodec codec = BlockCodecs.of(Compression.ZSTD);
    private final MemorySegment scratch =
            Arena.ofAuto().allocate(codec.maxCompressedSize(WINDOW), 8);
    private final List<MemorySegment> windows = new ArrayList<>();
    private MemorySegment slab = MemorySegment.NULL;
    private long used;

    /** Keeps a window of at most 32 KiB; returns its number. */
    int add(byte[] window) {
        if (window.length == 0) {
            windows.add(MemorySegment.NULL);
            return windows.size() - 1;
        }
        int size = codec.compress(MemorySegment.ofArray(window), scratch);
        if (slab.byteSize() - used < size) {
            slab = Arena.ofAuto().allocate(SLAB, 8);
            used = 0;
        }
        var kept = slab.asSlice(used, size);
        kept.copyFrom(scratch.asSlice(0, size));
        used += size;
        windows.add(kept);
        return windows.size() - 1;
    }

    /** Restores a window to the start of {@code target}. */
    void get(int number, byte[] target, int size) {
        if (size > 0) {
            codec.decompressExactly(
                    windows.get(number), MemorySegment.ofArray(target).asSlice(0, size), "window");
        }
    }
}
