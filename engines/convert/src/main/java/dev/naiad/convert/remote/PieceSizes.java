package dev.naiad.convert.remote;

import dev.naiad.base.bytes.ByteSize;

/** What {@code --push-chunk-size} says. */
public final class PieceSizes {
    private PieceSizes() {}

    /** Bytes; 0 for no limit, which is the original's default {@code 0MB}. */
    public static long parse(String text) {
        String size = text.strip();
        return size.isEmpty() || size.matches("0+[a-zA-Z]*") ? 0 : ByteSize.parse(size).bytes();
    }
}
