package dev.naiad.convert.verify;

import dev.naiad.convert.verify.ExpectedNode.Origin;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Xattr;
import dev.naiad.rafs.v6.XattrArea;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads an archive that passes by in pieces of any size, without a line of the builder's reader: an
 * error in one of the two shows as a difference. An archive that is broken is the builder's to
 * refuse; here it leads to some tree. For one thread.
 */
final class TarTap {
    // What eStargz adds to a layer for its own use.
    private static final Set<String> SKIPPED =
            Set.of("stargz.index.json", ".prefetch.landmark", ".no.prefetch.landmark");
    private static final int MAX_EXTENSION = 1 << 20;

    private enum State {
        HEADER,
        EXTENSION,
        SPARSE_BLOCK,
        SPARSE_LINES,
        DATA,
        SKIP
    }

    private final int pieceSize;
    private final ExpectedTree tree = new ExpectedTree();
    private State state = State.HEADER;
    private final byte[] block = new byte[TarFields.SIZE];
    private int filled;
    private long left; // of the current state's bytes
    private long padding; // behind them

    // What stands before an entry.
    private char extensionType;
    private final ByteArrayOutputStream extension = new ByteArrayOutputStream();
    private final PaxHeader global = new PaxHeader();
    private PaxHeader pax = new PaxHeader();
    private Optional<byte[]> longName = Optional.empty();
    private Optional<byte[]> longLink = Optional.empty();

    // A file whose content is passing.
    private @Nullable PieceSums sums;
    private @Nullable TarFields fileHeader;
    private List<Long> extents = new ArrayList<>();
    private int extent;
    private long inExtent;

    TarTap(int pieceSize) {
        this.pieceSize = pieceSize;
    }

    /** What the archive describes; call at its end. */
    ExpectedTree finish() {
        tree.finish();
        return tree;
    }

    void accept(byte[] bytes, int from, int length) {
        int at = from;
        int end = from + length;
        while (at < end) {
            switch (state) {
                case HEADER, SPARSE_BLOCK, SPARSE_LINES -> {
                    int step = Math.min(end - at, block.length - filled);
                    System.arraycopy(bytes, at, block, filled, step);
                    at += step;
                    filled += step;
                    if (filled == block.length) {
                        filled = 0;
                        block();
                    }
                }
                case EXTENSION -> {
                    int step = (int) Math.min(end - at, left);
                    extension.write(bytes, at, step);
                    at += step;
                    left -= step;
                    if (left == 0) {
                        extended();
                    }
                }
                case DATA -> {
                    int step = (int) Math.min(end - at, left);
                    content(bytes, at, step);
                    at += step;
                    left -= step;
                    if (left == 0) {
                        fileEnds();
                    }
                }
                case SKIP -> {
                    int step = (int) Math.min(end - at, left);
                    at += step;
                    left -= step;
                    if (left == 0) {
                        state = State.HEADER;
                    }
                }
            }
        }
    }

    private void block() {
        switch (state) {
            case SPARSE_BLOCK -> {
                if (!sparseEntries(block, 0, 21) || block[21 * 24] == 0) {
                    startData();
                }
            }
            case SPARSE_LINES -> {
                extension.write(block, 0, block.length);
                left -= block.length;
                if (sparseLines(extension.toString(StandardCharsets.ISO_8859_1))) {
                    startData();
                }
            }
            case HEADER, EXTENSION, DATA, SKIP -> header(new TarFields(block.clone()));
        }
    }

    private void header(TarFields header) {
        if (header.isZero()) {
            return;
        }
        char type = header.type();
        switch (type) {
            case 'L', 'K', 'x', 'X', 'g', 'V' -> {
                extensionType = type;
                extension.reset();
                left = header.number(124, 12);
                padding = -left & 511;
                state = left > MAX_EXTENSION ? State.SKIP : State.EXTENSION;
                if (left == 0) {
                    extended();
                }
            }
            default -> {
                entry(header);
                if (state == State.HEADER || state == State.SKIP) {
                    forget();
                }
            }
        }
    }

    private void extended() {
        byte[] bytes = extension.toByteArray();
        switch (extensionType) {
            case 'L' -> longName = Optional.of(untilNul(bytes));
            case 'K' -> longLink = Optional.of(untilNul(bytes));
            case 'g' -> global.parse(bytes);
            case 'V' -> {}
            default -> pax.parse(bytes);
        }
        skip(padding);
    }

    private static byte[] untilNul(byte[] bytes) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return Arrays.copyOf(bytes, end);
    }

    private void skip(long count) {
        left = count;
        state = count > 0 ? State.SKIP : State.HEADER;
    }

    /** What stood before the entry counts for it alone. */
    private void forget() {
        pax = new PaxHeader();
        longName = Optional.empty();
        longLink = Optional.empty();
    }

    private byte[] path(TarFields header) {
        return pax.get("GNU.sparse.name")
                .or(() -> pax.get("path"))
                .map(TarTap::bytes)
                .or(() -> longName)
                .or(() -> global.get("path").map(TarTap::bytes))
                .orElseGet(header::name);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private byte[] linkName(TarFields header) {
        return pax.get("linkpath")
                .map(TarTap::bytes)
                .or(() -> longLink)
                .or(() -> global.get("linkpath").map(TarTap::bytes))
                .orElseGet(header::linkName);
    }

    private long number(String key, long inHeader) {
        return pax.number(key).or(() -> global.number(key)).orElse(inHeader);
    }

    private void entry(TarFields header) {
        byte[] name = path(header);
        long stored = number("size", header.number(124, 12));
        char type = header.type();
        boolean directory =
                type == '5'
                        || type == 'D'
                        || ((type == '0' || type == 0)
                                && name.length > 0
                                && name[name.length - 1] == '/');
        if (directory) {
            put(header, FileType.DIRECTORY, Pieces.NONE, 0);
            skip(type == 'D' ? stored + (-stored & 511) : 0);
            return;
        }
        switch (type) {
            case '1' -> link(header);
            case '2' -> put(header, FileType.SYMLINK, Pieces.NONE, linkName(header).length);
            case '3' -> put(header, FileType.CHARACTER, Pieces.NONE, 0);
            case '4' -> put(header, FileType.BLOCK, Pieces.NONE, 0);
            case '6' -> put(header, FileType.FIFO, Pieces.NONE, 0);
            default -> file(header, stored);
        }
    }

    private void file(TarFields header, long stored) {
        fileHeader = header;
        left = stored;
        padding = -stored & 511;
        extents = new ArrayList<>();
        extent = 0;
        inExtent = 0;
        if (header.type() == 'S') {
            sums = new PieceSums(header.number(483, 12), pieceSize);
            boolean full = sparseEntries(header.block(), TarFields.SPARSE_IN_HEADER, 4);
            if (full && header.block()[482] != 0) {
                state = State.SPARSE_BLOCK;
                return;
            }
        } else {
            long size =
                    pax.number("GNU.sparse.realsize")
                            .or(() -> pax.number("GNU.sparse.size"))
                            .orElse(stored);
            sums = new PieceSums(size, pieceSize);
            if (pax.get("GNU.sparse.major").filter("1"::equals).isPresent()) {
                extension.reset();
                state = State.SPARSE_LINES;
                return;
            }
            extents = pax.sparse().orElse(List.of(0L, stored));
        }
        startData();
    }

    private boolean sparseEntries(byte[] bytes, int from, int count) {
        var fields = new TarFields(bytes);
        for (int i = 0; i < count; i++) {
            int at = from + 24 * i;
            if (bytes[at] == 0 && bytes[at + 12] == 0) {
                return false;
            }
            extents.add(fields.number(at, 12));
            extents.add(fields.number(at + 12, 12));
        }
        return true;
    }

    /** The map of format 1.0: a count, then offsets and lengths, each on a line. */
    private boolean sparseLines(String text) {
        String[] lines = text.split("\n", -1);
        if (lines.length < 2) {
            return false;
        }
        int count = Integer.parseInt(lines[0]);
        if (lines.length < 2L * count + 2) {
            return false; // the last line may be cut off
        }
        extents = new ArrayList<>();
        for (int i = 1; i <= 2 * count; i++) {
            extents.add(Long.parseLong(lines[i]));
        }
        return true;
    }

    private void startData() {
        state = State.DATA;
        if (left == 0) {
            fileEnds();
        }
    }

    private void content(byte[] bytes, int from, int length) {
        var file = Objects.requireNonNull(sums);
        int at = from;
        int rest = length;
        while (rest > 0 && extent + 1 < extents.size()) {
            long size = extents.get(extent + 1);
            int step = (int) Math.min(rest, size - inExtent);
            if (step > 0) {
                if (inExtent == 0) {
                    file.zerosTo(extents.get(extent));
                }
                file.bytes(bytes, at, step);
                at += step;
                rest -= step;
                inExtent += step;
            }
            if (inExtent >= size) {
                extent += 2;
                inExtent = 0;
            }
        }
    }

    private void fileEnds() {
        var file = Objects.requireNonNull(sums);
        var header = Objects.requireNonNull(fileHeader);
        file.zerosTo(file.size());
        put(header, FileType.REGULAR, file.pieces(), file.size());
        forget();
        skip(padding);
    }

    private void put(TarFields header, FileType type, Pieces pieces, long size) {
        var path = ExpectedTree.split(path(header));
        if (path.size() == 1 && SKIPPED.contains(path.getFirst())) {
            return;
        }
        tree.put(path, node(header, type, pieces, size, text(linkName(header)), Origin.LISTED));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private void link(TarFields header) {
        var target = ExpectedTree.split(linkName(header));
        String absolute = "/" + String.join("/", target);
        var below =
                node(
                        header,
                        FileType.SYMLINK,
                        Pieces.NONE,
                        absolute.length(),
                        absolute,
                        Origin.LINK_BELOW);
        tree.link(ExpectedTree.split(path(header)), target, below);
    }

    private ExpectedNode node(
            TarFields header,
            FileType type,
            Pieces pieces,
            long size,
            String target,
            Origin origin) {
        long[] mtime = mtime(header);
        boolean device = type == FileType.CHARACTER || type == FileType.BLOCK;
        // Linux has no other mode for symlinks.
        int mode = type == FileType.SYMLINK ? 0777 : (int) header.number(100, 8) & 07777;
        return new ExpectedNode(
                type.modeBits() | mode,
                number("uid", header.number(108, 8)),
                number("gid", header.number(116, 8)),
                size,
                mtime[0],
                (int) mtime[1],
                device && header.isPosix()
                        ? device(header.number(329, 8), header.number(337, 8))
                        : 0,
                type == FileType.SYMLINK ? target : "",
                xattrs(),
                pieces,
                type == FileType.DIRECTORY ? new HashMap<>() : Map.of(),
                origin);
    }

    /** Sorted; RAFS has a fixed list of name spaces. */
    private List<Xattr> xattrs() {
        return pax.xattrs().stream()
                .filter(xattr -> XattrArea.isStorable(xattr.name()))
                .sorted((a, b) -> Arrays.compareUnsigned(a.name(), b.name()))
                .toList();
    }

    /** As {@code makedev} of Linux packs it into 32 bits. */
    private static long device(long major, long minor) {
        return ((major << 8) & 0xfff00) | (minor & 0xff) | ((minor & 0xfff00) << 12);
    }

    private long[] mtime(TarFields header) {
        String text = pax.get("mtime").orElse("");
        if (text.isEmpty()) {
            return new long[] {header.number(136, 12), 0};
        }
        var decimal = new BigDecimal(text).setScale(9, RoundingMode.DOWN);
        long[] result = new long[2];
        var seconds = decimal.setScale(0, RoundingMode.FLOOR);
        result[0] = seconds.longValueExact();
        result[1] = decimal.subtract(seconds).movePointRight(9).longValueExact();
        return result;
    }
}
