package dev.naiad.rafs.v5;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.Xattr;
import java.util.ArrayList;
import java.util.List;

/**
 * Extended attributes behind a v5 inode, little-endian: {@code u64 size} of what follows, then
 * pairs {@code u32 length, name, NUL, value}, zeros up to a multiple of 8.
 * docs/formats/rafs-v5.md#xattrs
 */
public final class V5Xattrs {
    private V5Xattrs() {}

    /** Bytes of the whole area at {@code at}, which begins with its size. */
    static long areaSize(LittleEndian file, long at) {
        long size = file.u64(at);
        if (size > file.size() - at - 8) {
            throw file.corrupt(at, "attributes inside the file", size + " bytes");
        }
        return 8 + V5InodeRecord.align(size);
    }

    static List<Xattr> read(LittleEndian file, long at) {
        areaSize(file, at);
        long end = at + 8 + file.u64(at);
        long position = at + 8;
        var result = new ArrayList<Xattr>();
        while (position < end) {
            long length = file.u32(position);
            if (length > end - position - 4 || length > Integer.MAX_VALUE) {
                throw file.corrupt(position, "an attribute inside its area", length + " bytes");
            }
            byte[] pair = file.bytes(position + 4, (int) length);
            int nul = 0;
            while (nul < pair.length && pair[nul] != 0) {
                nul++;
            }
            if (nul == 0 || nul == pair.length) {
                throw file.corrupt(
                        position, "an attribute name that ends with NUL", nul + " bytes");
            }
            byte[] name = new byte[nul];
            byte[] value = new byte[pair.length - nul - 1];
            System.arraycopy(pair, 0, name, 0, nul);
            System.arraycopy(pair, nul + 1, value, 0, value.length);
            result.add(new Xattr(name, value));
            position += 4 + length;
        }
        return result;
    }

    /** Bytes of the pairs, without the leading size and the padding. */
    public static long contentSize(List<Xattr> xattrs) {
        long size = 0;
        for (var xattr : xattrs) {
            size += 4L + xattr.name().length + 1 + xattr.value().length;
        }
        return size;
    }

    public static void write(LittleEndian file, long at, List<Xattr> xattrs) {
        file.putU64(at, contentSize(xattrs));
        long position = at + 8;
        for (var xattr : xattrs) {
            int length = xattr.name().length + 1 + xattr.value().length;
            file.putU32(position, length)
                    .putBytes(position + 4, xattr.name())
                    .putBytes(position + 4 + xattr.name().length + 1, xattr.value());
            position += 4 + length;
        }
    }
}
