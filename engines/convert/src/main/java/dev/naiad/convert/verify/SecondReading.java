package dev.naiad.convert.verify;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/**
 * The second reading of a layer's archive while it passes to the builder. What cannot be read stays
 * silent until the builder has taken the archive: a broken one is the builder's to refuse, with its
 * own words. For one thread.
 */
final class SecondReading {
    private final String name;
    private final TarTap tap;
    private String problem = "";

    /**
     * @param name of the layer, for errors
     * @param pieceSize chunk size of the image
     */
    SecondReading(String name, int pieceSize) {
        this.name = name;
        this.tap = new TarTap(pieceSize);
    }

    void accept(byte[] bytes, int from, int count) {
        if (!problem.isEmpty()) {
            return;
        }
        try {
            tap.accept(bytes, from, count);
        } catch (RuntimeException e) {
            problem = e.toString();
        }
    }

    /**
     * What the archive describes; call it when all of it has passed.
     *
     * @throws NaiadException DATA_LOSS if it could not be read
     */
    ExpectedTree finish() {
        if (problem.isEmpty()) {
            try {
                return tap.finish();
            } catch (RuntimeException e) {
                problem = e.toString();
            }
        }
        throw new NaiadException(
                ErrorKind.DATA_LOSS,
                "verify " + name + ": the archive cannot be read a second way: " + problem);
    }
}
