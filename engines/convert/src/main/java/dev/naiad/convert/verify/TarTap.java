package dev.naiad.convert.verify;

import dev.naiad.convert.verify.ExpectedNode.Origin;
import dev.naiad.rafs.FileType;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads an archive that passes by in pieces of any size, without a line of the builder's reader: an
 * error in one of the two shows as a difference. An archive that is broken is the builder's to
 * refuse; here it leads to some tree. For one thread.
 */
final class TarTap {
    // What eStargz adds to a layer for its own use.
    private static final List<byte[]> SKIPPED =
            Stream.of("stargz.index.json", ".prefetch.landmark", ".no.prefetch.landmark")
                    .map(name -> name.getBytes(StandardCharsets.US_ASCII))
                    .toList();
    private static final int MAX_EXTENSION = 1 << 20;

    private enum State {
        HEADER,
        EXTENSION,
        SPARSE_BLOCK,
        SPARSE_LINES,
        DATA,
        SKIP
    }

    private final ExpectedTree tree = new ExpectedTree();
    private State state = State.HEADER;
    private final byte[] block = new byte[TarFields.SIZE];
    private final TarFields header = new TarFields(block);
    private final TarDescription description = new TarDescription(header);
    private int filled;
    private long left; // of the current state's bytes
    private long padding; // behind them
    private char extensionType;
    private final ByteArrayOutputStream extension = new ByteArrayOutputStream();

    // A file whose content is passing.
    private final PathParts path = new PathParts();
    private ExpectedNode file = ExpectedNode.IMPLIED_DIRECTORY;
    private final ExpectedContent content;

    TarTap(int pieceSize) {
        this.content = new ExpectedContent(pieceSize);
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
                    content.bytes(bytes, at, step);
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
                boolean full = content.oldMap(header, 0, ExpectedContent.IN_BLOCK);
                if (!full || header.isNul(ExpectedContent.MORE_BLOCKS)) {
                    startData();
                }
            }
            case SPARSE_LINES -> {
                extension.write(block, 0, block.length);
                left -= block.length;
                if (content.lines(extension.toByteArray())) {
                    startData();
                }
            }
            case HEADER, EXTENSION, DATA, SKIP -> header();
        }
    }

    private void header() {
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
                entry(type);
                if (state == State.HEADER || state == State.SKIP) {
                    description.forget();
                }
            }
        }
    }

    private void extended() {
        description.extension(extensionType, extension.toByteArray());
        skip(padding);
    }

    private void skip(long count) {
        left = count;
        state = count > 0 ? State.SKIP : State.HEADER;
    }

    private void entry(char type) {
        description.path(path);
        long stored = description.stored();
        boolean directory =
                type == '5'
                        || type == 'D'
                        || ((type == '0' || type == 0) && description.pathEndsWithSlash());
        if (directory) {
            put(FileType.DIRECTORY);
            skip(type == 'D' ? stored + (-stored & 511) : 0);
            return;
        }
        switch (type) {
            case '1' -> link();
            case '2' ->
                    put(
                            description.node(
                                    FileType.SYMLINK, 0, description.linkName(), Origin.LISTED));
            case '3' -> put(FileType.CHARACTER);
            case '4' -> put(FileType.BLOCK);
            case '6' -> put(FileType.FIFO);
            default -> file(type, stored);
        }
    }

    private void file(char type, long stored) {
        if (stored < 0) {
            throw new IllegalStateException("a file of " + stored + " bytes");
        }
        left = stored;
        padding = -stored & 511;
        var pax = description.pax();
        if (type == 'S') {
            begin(header.number(483, 12));
            boolean full =
                    content.oldMap(header, TarFields.SPARSE_IN_HEADER, ExpectedContent.IN_HEADER);
            if (full && !header.isNul(482)) {
                state = State.SPARSE_BLOCK;
                return;
            }
        } else if (pax.isEmpty()) {
            begin(stored);
            content.extent(0, stored);
        } else {
            begin(
                    pax.number("GNU.sparse.realsize")
                            .or(() -> pax.number("GNU.sparse.size"))
                            .orElse(stored));
            if (pax.get("GNU.sparse.major").filter("1"::equals).isPresent()) {
                extension.reset();
                state = State.SPARSE_LINES;
                return;
            }
            content.extents(pax.sparse().orElse(List.of(0L, stored)));
        }
        startData();
    }

    private void begin(long size) {
        file = description.node(FileType.REGULAR, size, ExpectedNode.NO_TARGET, Origin.LISTED);
        content.begin(size);
    }

    private void startData() {
        state = State.DATA;
        if (left == 0) {
            fileEnds();
        }
    }

    private void fileEnds() {
        put(file.with(content.finish()));
        description.forget();
        skip(padding);
    }

    private void put(FileType type) {
        put(description.node(type, 0, ExpectedNode.NO_TARGET, Origin.LISTED));
    }

    private void put(ExpectedNode node) {
        if (path.count() != 1 || SKIPPED.stream().noneMatch(name -> path.is(0, name))) {
            tree.put(path, node);
        }
    }

    private void link() {
        var target = PathParts.of(description.linkName());
        var below = description.node(FileType.SYMLINK, 0, target.absolute(), Origin.LINK_BELOW);
        tree.link(path, target, below);
    }
}
