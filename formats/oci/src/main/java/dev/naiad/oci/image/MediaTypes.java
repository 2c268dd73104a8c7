package dev.naiad.oci.image;

/** Media types of manifests, configurations and layers. */
public final class MediaTypes {
    public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
    public static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    public static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
    public static final String OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
    public static final String OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
    public static final String OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";
    public static final String DOCKER_INDEX =
            "application/vnd.docker.distribution.manifest.list.v2+json";
    public static final String DOCKER_MANIFEST =
            "application/vnd.docker.distribution.manifest.v2+json";
    public static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
    public static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
    public static final String DOCKER_LAYER_GZIP =
            "application/vnd.docker.image.rootfs.diff.tar.gzip";
    public static final String DOCKER_LAYER_ZSTD =
            "application/vnd.docker.image.rootfs.diff.tar.zstd";
    public static final String DOCKER_LAYER_FOREIGN =
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    public static final String NYDUS_BLOB = "application/vnd.oci.image.layer.nydus.blob.v1";

    /** The type of a configuration in an index that holds OCI and Nydus images. */
    public static final String NYDUS_CONFIG = "application/vnd.nydus.image.config.v1+json";

    /** What an index says of the Nydus images in it. */
    public static final String NYDUS_ARTIFACT = "application/vnd.nydus.image.manifest.v1+json";

    /** What the platform of a Nydus image in an old index says. */
    public static final String NYDUS_OS_FEATURE = "nydus.remoteimage.v1";

    /** What a client says it understands when it asks for a tag. */
    public static final String ACCEPT_MANIFESTS =
            String.join(", ", OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_INDEX);

    private MediaTypes() {}

    public static boolean isIndex(String mediaType) {
        return mediaType.equals(OCI_INDEX) || mediaType.equals(DOCKER_INDEX);
    }

    public static boolean isManifest(String mediaType) {
        return mediaType.equals(OCI_MANIFEST) || mediaType.equals(DOCKER_MANIFEST);
    }

    public static boolean isDocker(String mediaType) {
        return mediaType.startsWith("application/vnd.docker.");
    }

    /** How the tar of a layer is compressed. */
    public enum LayerCompression {
        NONE,
        GZIP,
        ZSTD
    }

    /** The OCI type that says the same as a Docker type; others stay. */
    public static String toOci(String mediaType) {
        return switch (mediaType) {
            case DOCKER_INDEX -> OCI_INDEX;
            case DOCKER_MANIFEST -> OCI_MANIFEST;
            case DOCKER_CONFIG -> OCI_CONFIG;
            case DOCKER_LAYER -> OCI_LAYER;
            case DOCKER_LAYER_GZIP, DOCKER_LAYER_FOREIGN -> OCI_LAYER_GZIP;
            case DOCKER_LAYER_ZSTD -> OCI_LAYER_ZSTD;
            default -> mediaType;
        };
    }
}
