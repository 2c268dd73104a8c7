package dev.naiad.rafs.reader;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.v5.V5Bootstrap;
import dev.naiad.rafs.v6.V6Bootstrap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Opens bootstraps, finding out the generation by their magic numbers. */
public final class BootstrapReader {
    private BootstrapReader() {}

    /**
     * Checks the superblock and tables and opens the image; costs milliseconds however large it is.
     *
     * @param bytes the whole file; must stay alive as long as the bootstrap and everything read
     *     from it
     * @param name for error messages: a path or a blob id
     * @throws dev.naiad.base.error.CorruptFormatException if it is not a bootstrap or contradicts
     *     itself
     */
    public static Bootstrap open(MemorySegment bytes, String name) {
        var file = LittleEndian.of(bytes, name);
        if (V5Bootstrap.matches(file)) {
            return V5Bootstrap.open(file);
        }
        if (V6Bootstrap.matches(file)) {
            return V6Bootstrap.open(file);
        }
        throw file.corrupt(
                0,
                "the magic number of a RAFS v5 or v6 bootstrap",
                bytes.byteSize() + " other bytes");
    }

    /** Whether the bytes begin as a bootstrap does; nothing else is checked. */
    public static boolean recognizes(MemorySegment bytes, String name) {
        var file = LittleEndian.of(bytes, name);
        return V5Bootstrap.matches(file) || V6Bootstrap.matches(file);
    }

    /** Reads the whole source into memory of {@code arena} and opens that. */
    public static Bootstrap open(ByteSource source, Arena arena) {
        var bytes = arena.allocate(Math.max(source.size(), 1), 8).asSlice(0, source.size());
        source.read(0, bytes);
        return open(bytes, source.name());
    }
}
