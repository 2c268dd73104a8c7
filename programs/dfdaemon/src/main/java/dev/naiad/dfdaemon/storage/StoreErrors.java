package dev.naiad.dfdaemon.storage;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.util.Locale;

/** Gives a file error its kind: a full disk is told apart, for it heals by eviction. */
final class StoreErrors {
    private StoreErrors() {}

    static NaiadException of(String what, IOException cause) {
        String text = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
        boolean full = text.contains("no space left") || text.contains("quota exceeded");
        return new NaiadException(
                full ? ErrorKind.NO_SPACE : ErrorKind.INTERNAL,
                what + ": " + cause.getMessage(),
                cause);
    }
}
