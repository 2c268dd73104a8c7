package dev.naiad.builder.tar;

import dev.naiad.rafs.Xattr;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of an archive, all dialects' extensions applied.
 *
 * @param path its bytes as stored, not normalised
 * @param kind what it is
 * @param mode permission bits, 07777 at most
 * @param size bytes of the file (with its holes)
 * @param storedSize bytes that follow in the archive, without padding
 * @param linkName target of a link
 * @param sparse where the stored bytes go, or null for a plain file
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, compared nowhere
public record TarEntry(
        byte[] path,
        Kind kind,
        int mode,
        long uid,
        long gid,
        long size,
        long storedSize,
        long mtimeSeconds,
        int mtimeNanos,
        byte[] linkName,
        long major,
        long minor,
        List<Xattr> xattrs,
        @Nullable SparseMap sparse) {

    /** What an entry is. */
    public enum Kind {
        FILE,
        HARD_LINK,
        SYMLINK,
        CHARACTER,
        BLOCK,
        DIRECTORY,
        FIFO
    }

    /** The path for messages. */
    public String text() {
        return new String(path, StandardCharsets.UTF_8);
    }
}
