package dev.naiad.snapshotter.snapshots;

import java.util.Map;
import java.util.Optional;

/** The labels that decide what happens to a snapshot. */
public final class Labels {
    /**
     * Set by containerd's unpacker: the chain id of the image layer being prepared. Absent for
     * container layers.
     */
    public static final String TARGET = "containerd.io/snapshot.ref";

    private static final String PREFIX = "containerd.io/snapshot/";
    public static final String IMAGE_REF = PREFIX + "cri.image-ref";
    public static final String LAYER_DIGEST = PREFIX + "cri.layer-digest";
    public static final String MANIFEST_DIGEST = PREFIX + "cri.manifest-digest";
    public static final String NYDUS_BLOB = PREFIX + "nydus-blob";
    public static final String NYDUS_BOOTSTRAP = PREFIX + "nydus-bootstrap";
    public static final String NYDUS_PROXY_MODE = PREFIX + "nydus-proxy-mode";
    public static final String VOLATILE = PREFIX + "overlay.volatile";
    public static final String PULL_USERNAME = PREFIX + "pullusername";
    public static final String PULL_SECRET = PREFIX + "pullsecret";

    /** Clients of stargz images and BuildKit send the reference under this name. */
    public static final String STARGZ_REFERENCE = PREFIX + "remote/stargz.reference";

    private Labels() {}

    /** The image reference, from whichever label has it. */
    public static Optional<String> imageReference(Map<String, String> labels) {
        return Optional.ofNullable(labels.get(IMAGE_REF))
                .or(() -> Optional.ofNullable(labels.get(STARGZ_REFERENCE)))
                .filter(reference -> !reference.isEmpty());
    }
}
