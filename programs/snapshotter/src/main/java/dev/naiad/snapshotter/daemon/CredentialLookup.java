package dev.naiad.snapshotter.daemon;

import java.util.Map;

/** Finds the credential with which an image's blobs are read. */
public interface CredentialLookup {
    /**
     * What goes into nydusd's configuration; at most one of them is not empty.
     *
     * @param auth base64 of user and password
     * @param registryToken a bearer token
     */
    record Found(String auth, String registryToken) {
        public static final Found NOTHING = new Found("", "");

        @Override
        public String toString() {
            return "[redacted]";
        }
    }

    /**
     * The credential for an image.
     *
     * @param labels of the bootstrap layer
     */
    Found of(String imageReference, Map<String, String> labels);
}
