package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.Xattr;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Inline extended attributes behind an EROFS inode: a 12-byte header (all zero: no shared ones) and
 * entries {@code u8 suffix length, u8 prefix, u16 value length, suffix, value}, padded to 4.
 * docs/formats/rafs-v6.md#xattrs
 */
public final class XattrArea {
    static final int HEADER = 12;

    private static final int SHARED_COUNT = 4;
    private static final int ENTRY = 4;

    private record Prefix(int index, String text, boolean whole) {}

    private static final List<Prefix> PREFIXES =
            List.of(
                    new Prefix(1, "user.", false),
                    new Prefix(2, "system.posix_acl_access", true),
                    new Prefix(3, "system.posix_acl_default", true),
                    new Prefix(4, "trusted.", false),
                    new Prefix(6, "security.", false));

    private XattrArea() {}

    static List<Xattr> read(LittleEndian file, long at, int size) {
        if (size == 0) {
            return List.of();
        }
        if (file.u8(at + SHARED_COUNT) != 0) {
            throw file.corrupt(
                    at + SHARED_COUNT,
                    "no shared attributes",
                    file.u8(at + SHARED_COUNT) + " of them");
        }
        var result = new ArrayList<Xattr>();
        long position = at + HEADER;
        long end = at + size;
        while (position < end) {
            if (end - position < ENTRY) {
                throw file.corrupt(position, "an attribute entry", end - position + " bytes");
            }
            int nameLength = file.u8(position);
            int prefixIndex = file.u8(position + 1);
            int valueLength = file.u16(position + 2);
            if (prefixIndex == 0 && nameLength == 0 && valueLength == 0) {
                break; // the rest is padding
            }
            if ((long) nameLength + valueLength > end - position - ENTRY) {
                throw file.corrupt(
                        position,
                        "an attribute inside the area of " + size + " bytes",
                        nameLength + "+" + valueLength + " bytes");
            }
            byte[] prefix = prefix(file, position, prefixIndex);
            byte[] name = new byte[prefix.length + nameLength];
            System.arraycopy(prefix, 0, name, 0, prefix.length);
            System.arraycopy(
                    file.bytes(position + ENTRY, nameLength), 0, name, prefix.length, nameLength);
            result.add(new Xattr(name, file.bytes(position + ENTRY + nameLength, valueLength)));
            position = align4(position - at + ENTRY + nameLength + valueLength) + at;
        }
        return result;
    }

    private static byte[] prefix(LittleEndian file, long position, int index) {
        for (var prefix : PREFIXES) {
            if (prefix.index == index) {
                return prefix.text.getBytes(StandardCharsets.US_ASCII);
            }
        }
        throw file.corrupt(position + 1, "a known attribute prefix", Integer.toString(index));
    }

    /** Whether the format can hold an attribute of that name at all. */
    public static boolean isStorable(byte[] name) {
        return prefixOf(name) != null
                && name.length <= 255
                && new String(name, StandardCharsets.ISO_8859_1).indexOf('\0') < 0;
    }

    private static @Nullable Prefix prefixOf(byte[] name) {
        var text = new String(name, StandardCharsets.ISO_8859_1);
        for (var prefix : PREFIXES) {
            if (prefix.whole
                    ? text.equals(prefix.text)
                    : text.startsWith(prefix.text) && text.length() > prefix.text.length()) {
                return prefix;
            }
        }
        return null;
    }

    /** Bytes of the area that holds these attributes: 0 for none. */
    public static long size(List<Xattr> xattrs) {
        if (xattrs.isEmpty()) {
            return 0;
        }
        long size = HEADER;
        for (var xattr : xattrs) {
            size += entrySize(xattr);
        }
        return size;
    }

    private static long entrySize(Xattr xattr) {
        var prefix = prefixOf(xattr.name());
        if (prefix == null) {
            throw new IllegalArgumentException(
                    "not storable: " + new String(xattr.name(), StandardCharsets.UTF_8));
        }
        return align4(ENTRY + xattr.name().length - prefix.text.length() + xattr.value().length);
    }

    /** Writes the area; the target is zero there. */
    public static void write(LittleEndian file, long at, List<Xattr> xattrs) {
        long position = at + HEADER;
        for (var xattr : xattrs) {
            var prefix = prefixOf(xattr.name());
            if (prefix == null) {
                throw new IllegalArgumentException("not storable");
            }
            int suffix = xattr.name().length - prefix.text.length();
            file.putU8(position, suffix)
                    .putU8(position + 1, prefix.index)
                    .putU16(position + 2, xattr.value().length);
            for (int i = 0; i < suffix; i++) {
                file.putU8(position + ENTRY + i, xattr.name()[prefix.text.length() + i]);
            }
            file.putBytes(position + ENTRY + suffix, xattr.value());
            position += entrySize(xattr);
        }
    }

    private static long align4(long value) {
        return value + 3 & ~3L;
    }
}
