package dev.naiad.builder.stargz;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.builder.tar.SparseMap;
import dev.naiad.builder.tar.TarEntry;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The bytes of a file of an archive, holes included, from its beginning to its end. */
final class FileContent {
    private final RecordedInput in;
    private final TarEntry entry;
    private final @Nullable SparseMap map;
    private long position;
    private int stretch;

    FileContent(RecordedInput in, TarEntry entry) {
        this.in = in;
        this.entry = entry;
        this.map = entry.sparse();
    }

    /** Reads the next bytes. */
    void read(byte[] target, int count) {
        SparseMap holes = map;
        if (holes == null) {
            stored(target, 0, count);
        } else {
            Arrays.fill(target, 0, count, (byte) 0);
            long end = position + count;
            while (stretch < holes.count() && holes.offset(stretch) < end) {
                long from = Math.max(position, holes.offset(stretch));
                long stretchEnd = holes.offset(stretch) + holes.length(stretch);
                long to = Math.min(end, stretchEnd);
                stored(target, (int) (from - position), (int) (to - from));
                if (to < stretchEnd) {
                    break;
                }
                stretch++;
            }
        }
        position += count;
    }

    private void stored(byte[] target, int from, int count) {
        if (!in.content(target, from, count)) {
            throw new CorruptFormatException(
                    in.name(),
                    in.consumed(),
                    entry.storedSize() + " bytes of " + entry.text(),
                    "the end of the archive");
        }
    }
}
