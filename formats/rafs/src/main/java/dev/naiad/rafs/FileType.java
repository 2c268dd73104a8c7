package dev.naiad.rafs;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a tree entry is: the type bits of {@code st_mode}, with the number EROFS directories use for
 * it.
 */
public enum FileType {
    REGULAR(0x8000, 1),
    DIRECTORY(0x4000, 2),
    CHARACTER(0x2000, 3),
    BLOCK(0x6000, 4),
    FIFO(0x1000, 5),
    SOCKET(0xC000, 6),
    SYMLINK(0xA000, 7);

    /** The bits of a mode that hold the type. */
    public static final int MASK = 0xF000;

    private static final int MASK_SHIFT = 12;
    private static final FileType[] ALL = values();
    // Asked for every inode, several times.
    private static final List<Optional<FileType>> BY_MODE = byMode();

    private final int modeBits;
    private final int erofsType;

    FileType(int modeBits, int erofsType) {
        this.modeBits = modeBits;
        this.erofsType = erofsType;
    }

    /** The type bits of {@code st_mode}, such as 0x8000 for a regular file. */
    public int modeBits() {
        return modeBits;
    }

    /** The type byte of an EROFS directory entry. */
    public int erofsType() {
        return erofsType;
    }

    public boolean isDevice() {
        return this == CHARACTER || this == BLOCK;
    }

    public static Optional<FileType> ofMode(int mode) {
        return BY_MODE.get((mode & MASK) >>> MASK_SHIFT);
    }

    private static List<Optional<FileType>> byMode() {
        var result = new ArrayList<Optional<FileType>>();
        for (int bits = 0; bits <= MASK >>> MASK_SHIFT; bits++) {
            result.add(Optional.empty());
        }
        for (var type : ALL) {
            result.set(type.modeBits >>> MASK_SHIFT, Optional.of(type));
        }
        return List.copyOf(result);
    }

    public static Optional<FileType> ofErofsType(int value) {
        return value >= 1 && value <= ALL.length ? Optional.of(ALL[value - 1]) : Optional.empty();
    }
}
