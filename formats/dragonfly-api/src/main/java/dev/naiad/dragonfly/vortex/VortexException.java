package dev.naiad.dragonfly.vortex;

import java.io.IOException;

/** The other side sent bytes that are no Vortex frame, or one that must not stand here. */
public final class VortexException extends IOException {
    public VortexException(String what) {
        super(what);
    }
}
