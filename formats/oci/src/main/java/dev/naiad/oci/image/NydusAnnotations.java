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

    /** Marks the cache image's format. */
    public static final String CACHE_VERSION = PREFIX + "nydus-cache-version";

    /** A converted layer that is known for a source layer. */
    public static final String TARGET_DIGEST = PREFIX + "nydus-target-digest";

    /** Digests of the blobs that a commit added, with commas. */
    public static final String COMMIT_BLOBS = PREFIX + "nydus-commit-blobs";

    public static final String ARTIFACT_TYPE = PREFIX + "nydus-artifact-type";

    /** The blob with the files that are fetched first. */
    public static final String PREFETCH_BLOB = PREFIX + "nydus-separated-blob-with-prefetch-files";

    /** Of old images; a copy drops it. */
    public static final String BLOB_IDS = PREFIX + "nydus-blob-ids";

    /** Marks an image as one for tarfs. */
    public static final String TARFS_HINT = PREFIX + "tarfs-hint";

    /** Set on layers while they are converted; does not belong into a manifest. */
    public static final String UNCOMPRESSED = "containerd.io/uncompressed";

    /** Where the bootstrap layer holds the bootstrap. */
    public static final String BOOTSTRAP_PATH = "image/image.boot";

    private NydusAnnotations() {}
}
