package dev.naiad.oci.image;

/** Annotations of Nydus images; they become snapshot labels in containerd. */
public final class NydusAnnotations {
    private static final String PREFIX = "containerd.io/snapshot/";

    public static final String BLOB = PREFIX + "nydus-blob";
    public static final String BOOTSTRAP = PREFIX + "nydus-bootstrap";
    public static final String FS_VERSION = PREFIX + "nydus-fs-version";
    public static final String REF = PREFIX + "nydus-ref";
    public static final String ENCRYPTED_BLOB = PREFIX + "nydus-encrypted-blob";
    public static final String SOURCE_DIGEST = PREFIX + "nydus-source-digest";
    public static final String SOURCE_REFERENCE = PREFIX + "nydus-source-reference";
    public static final String BUILDER_VERSION = PREFIX + "nydus-builder-version";
    public static final String EMPTY_LAYER = PREFIX + "nydus-empty-layer";

    /** Set on layers while they are converted; does not belong into a manifest. */
    public static final String UNCOMPRESSED = "containerd.io/uncompressed";

    /** Where the bootstrap layer holds the bootstrap. */
    public static final String BOOTSTRAP_PATH = "image/image.boot";

    private NydusAnnotations() {}
}
