package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.CorruptFormatException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The sections of a blob with tar headers, found by walking backwards from its end.
 * docs/formats/blob.md#sections
 */
public final class BlobSections {
    private static final int MOST = 16; // current blobs have at most five

    private BlobSections() {}

    /** A section's content: {@code size} bytes at {@code offset}. */
    public record Section(String name, long offset, long size) {}

    /** All sections in file order; empty if the blob does not end in a header. */
    public static List<Section> walk(ByteSource blob) {
        var result = new ArrayList<Section>();
        long end = blob.size();
        while (end >= SectionHeader.SIZE && result.size() < MOST) {
            var bytes =
                    MemorySegment.ofArray(
                            blob.readBytes(end - SectionHeader.SIZE, SectionHeader.SIZE));
            if (result.isEmpty() && !SectionHeader.matches(bytes, 0)) {
                break;
            }
            var header = SectionHeader.read(bytes, 0, blob.name());
            long start = end - SectionHeader.SIZE - header.size();
            if (header.size() > end - SectionHeader.SIZE) {
                throw new CorruptFormatException(
                        blob.name(),
                        end - SectionHeader.SIZE,
                        "a section that begins inside the blob",
                        header.toString());
            }
            result.add(new Section(header.name(), start, header.size()));
            end = start;
        }
        Collections.reverse(result);
        return result;
    }

    public static Optional<Section> find(List<Section> sections, String name) {
        return sections.stream().filter(section -> section.name().equals(name)).findFirst();
    }
}
