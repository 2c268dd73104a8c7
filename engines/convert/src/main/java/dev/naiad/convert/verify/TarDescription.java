package dev.naiad.convert.verify;

import dev.naiad.convert.verify.ExpectedNode.Origin;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Xattr;
import dev.naiad.rafs.v6.XattrArea;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an archive says of an entry: its header, what stands before it, and what counts for all
 * entries. To be used for one entry after the other.
 */
final class TarDescription {
    private final TarFields header;
    private final PaxHeader global = new PaxHeader();
    private final PaxHeader pax = new PaxHeader();
    private byte @Nullable [] longName;
    private byte @Nullable [] longLink;

    /**
     * @param header whose block is filled anew for each entry
     */
    TarDescription(TarFields header) {
        this.header = header;
    }

    /** What stands before an entry counts for it alone, but for type {@code g}. */
    void extension(char type, byte[] bytes) {
        switch (type) {
            case 'L' -> longName = untilNul(bytes);
            case 'K' -> longLink = untilNul(bytes);
            case 'g' -> global.parse(bytes);
            case 'V' -> {}
            default -> pax.parse(bytes);
        }
    }

    private static byte[] untilNul(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return Arrays.copyOf(bytes, end);
    }

    /** The entry is over. */
    void forget() {
        pax.clear();
        longName = null;
        longLink = null;
    }

    PaxHeader pax() {
        return pax;
    }

    void path(PathParts path) {
        byte[] extended = extendedName();
        if (extended == null) {
            header.name(path);
        } else {
            path.set(extended, 0, extended.length);
        }
    }

    boolean pathEndsWithSlash() {
        byte[] extended = extendedName();
        return extended == null
                ? header.nameEndsWithSlash()
                : extended.length > 0 && extended[extended.length - 1] == '/';
    }

    private byte @Nullable [] extendedName() {
        if (longName == null && pax.isEmpty() && global.isEmpty()) {
            return null;
        }
        return pax.get("GNU.sparse.name")
                .or(() -> pax.get("path"))
                .map(TarDescription::bytes)
                .or(() -> Optional.ofNullable(longName))
                .or(() -> global.get("path").map(TarDescription::bytes))
                .orElse(null);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    byte[] linkName() {
        return pax.get("linkpath")
                .map(TarDescription::bytes)
                .or(() -> Optional.ofNullable(longLink))
                .or(() -> global.get("linkpath").map(TarDescription::bytes))
                .orElseGet(header::linkName);
    }

    /** Bytes that follow. */
    long stored() {
        return number("size", header.number(124, 12));
    }

    private long number(String key, long inHeader) {
        return pax.number(key).or(() -> global.number(key)).orElse(inHeader);
    }

    /** All but the content. */
    ExpectedNode node(FileType type, long size, byte[] target, Origin origin) {
        // Linux has no other mode for symlinks.
        int mode = type == FileType.SYMLINK ? 0777 : (int) header.number(100, 8) & 07777;
        var decimal =
                pax.get("mtime").filter(text -> !text.isEmpty()).map(TarDescription::nanoseconds);
        var seconds = decimal.map(each -> each.setScale(0, RoundingMode.FLOOR));
        return new ExpectedNode(
                type.modeBits() | mode,
                number("uid", header.number(108, 8)),
                number("gid", header.number(116, 8)),
                size,
                seconds.map(BigDecimal::longValueExact).orElseGet(() -> header.number(136, 12)),
                decimal.map(each -> nanos(each.subtract(seconds.orElseThrow()))).orElse(0),
                type.isDevice() && header.isPosix()
                        ? device(header.number(329, 8), header.number(337, 8))
                        : 0,
                target,
                xattrs(),
                Pieces.NONE,
                origin);
    }

    private static int nanos(BigDecimal fraction) {
        return fraction.movePointRight(9).intValueExact();
    }

    private static BigDecimal nanoseconds(String text) {
        return new BigDecimal(text).setScale(9, RoundingMode.DOWN);
    }

    /** Sorted; RAFS has a fixed list of name spaces. */
    private List<Xattr> xattrs() {
        if (pax.isEmpty()) {
            return List.of();
        }
        return pax.xattrs().stream()
                .filter(xattr -> XattrArea.isStorable(xattr.name()))
                .sorted((a, b) -> Arrays.compareUnsigned(a.name(), b.name()))
                .toList();
    }

    /** As {@code makedev} of Linux packs it into 32 bits. */
    private static long device(long major, long minor) {
        return ((major << 8) & 0xfff00) | (minor & 0xff) | ((minor & 0xfff00) << 12);
    }
}
