package dev.naiad.e2e.containerd;

import java.io.IOException;
import java.io.InputStream;

/** A registry, reached over the node's network. For several threads. */
@FunctionalInterface
public interface RegistryReader {
    /**
     * Reads a resource to its end.
     *
     * @param path below the registry's address, such as {@code /v2/…}
     * @param accept the media types that are understood
     * @param body called once, with what the registry sends
     * @throws IOException when the registry refuses or sends less than it announced
     */
    void get(String path, String accept, Body body) throws IOException;

    /** Consumes the body of a response. */
    @FunctionalInterface
    interface Body {
        /** Reads to the end; does not close. */
        void read(InputStream stream) throws IOException;
    }
}
