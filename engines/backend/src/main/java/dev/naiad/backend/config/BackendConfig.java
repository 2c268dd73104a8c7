package dev.naiad.backend.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.Secret;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The section of one backend. Unknown keys are ignored, as the originals do. */
public sealed interface BackendConfig {
    /** The word in {@code backend.type}. */
    String type();

    /** Connection settings of remote backends. */
    Optional<ConnectionConfig> connectionConfig();

    /**
     * Reads a backend's section.
     *
     * @param type the word of {@code backend.type}
     * @param section {@code backend.config} of version 1, or the object named after the type of
     *     version 2
     * @return empty if the type is unknown, which is then a problem
     */
    static Optional<BackendConfig> parse(ConfigNode type, ConfigNode section, Problems problems) {
        String name = type.requiredString(problems);
        return switch (name) {
            case "registry" -> Optional.of(Registry.parse(section, problems));
            case "localfs" -> Optional.of(LocalFs.parse(section, problems));
            case "localdisk" -> Optional.of(LocalDisk.parse(section, problems));
            case "http-proxy" -> Optional.of(Http.parse(section, problems));
            case "s3" -> Optional.of(ObjectStore.parse(Kind.S3, section, problems));
            case "oss" -> Optional.of(ObjectStore.parse(Kind.OSS, section, problems));
            case "" -> Optional.empty();
            default -> {
                problems.add(
                        type,
                        "backend type \""
                                + name
                                + "\" is none of registry, localfs, localdisk, http-proxy, s3, oss");
                yield Optional.empty();
            }
        };
    }

    /**
     * A container registry.
     *
     * @param scheme https unless it is exactly http
     * @param auth base64 of user:password, or empty
     * @param registryToken a bearer token to begin with, or empty
     * @param blobUrlScheme replaces the scheme of redirect targets
     * @param blobRedirectedHost replaces the host of redirect targets
     */
    record Registry(
            String scheme,
            String host,
            String repo,
            Secret auth,
            Secret registryToken,
            String blobUrlScheme,
            String blobRedirectedHost,
            ConnectionConfig connection)
            implements BackendConfig {

        /** Without credentials. */
        public static Registry of(
                String scheme, String host, String repo, ConnectionConfig connection) {
            return new Registry(
                    scheme, host, repo, Secret.of(""), Secret.of(""), "", "", connection);
        }

        public Registry withAuth(Secret base64) {
            return new Registry(
                    scheme,
                    host,
                    repo,
                    base64,
                    registryToken,
                    blobUrlScheme,
                    blobRedirectedHost,
                    connection);
        }

        static Registry parse(ConfigNode node, Problems problems) {
            Secret auth = node.get("auth").secret(problems);
            if (!auth.reveal().isEmpty() && !BasicAuth.valid(auth.reveal())) {
                problems.add(node.get("auth"), "is not the base64 of user:password");
            }
            return new Registry(
                    node.get("scheme").string(problems, "https").equals("http") ? "http" : "https",
                    node.get("host").requiredString(problems),
                    node.get("repo").requiredString(problems),
                    auth,
                    node.get("registry_token").secret(problems),
                    node.get("blob_url_scheme").string(problems, ""),
                    node.get("blob_redirected_host").string(problems, ""),
                    ConnectionConfig.parse(node, problems));
        }

        @Override
        public String type() {
            return "registry";
        }

        @Override
        public Optional<ConnectionConfig> connectionConfig() {
            return Optional.of(connection);
        }
    }

    /** Local files: one blob, or directories of blobs; an empty text means not set. */
    record LocalFs(String blobFile, String dir, List<Path> altDirs) implements BackendConfig {
        public LocalFs {
            altDirs = List.copyOf(altDirs);
        }

        static LocalFs parse(ConfigNode node, Problems problems) {
            String blobFile = node.get("blob_file").string(problems, "");
            String dir = node.get("dir").string(problems, "");
            if (blobFile.isEmpty() && dir.isEmpty()) {
                problems.add(node, "needs blob_file or dir");
            }
            return new LocalFs(
                    blobFile,
                    dir,
                    node.get("alt_dirs").strings(problems).stream().map(Path::of).toList());
        }

        @Override
        public String type() {
            return "localfs";
        }

        @Override
        public Optional<ConnectionConfig> connectionConfig() {
            return Optional.empty();
        }
    }

    /** A disk whose partitions are blobs. */
    record LocalDisk(String devicePath) implements BackendConfig {
        static LocalDisk parse(ConfigNode node, Problems problems) {
            String device = node.get("device_path").string(problems, "");
            if (device.isEmpty()) {
                problems.add(node, "needs device_path");
            }
            if (node.get("disable_gpt").bool(problems, false)) {
                problems.add(
                        node.get("disable_gpt"),
                        "without its partition table nothing says where a disk's blobs are");
            }
            return new LocalDisk(device);
        }

        @Override
        public String type() {
            return "localdisk";
        }

        @Override
        public Optional<ConnectionConfig> connectionConfig() {
            return Optional.empty();
        }
    }

    /**
     * A plain HTTP server.
     *
     * @param addr URL, or the absolute path of a unix socket
     * @param path between the address and the blob id
     */
    record Http(String addr, String path, ConnectionConfig connection) implements BackendConfig {
        static Http parse(ConfigNode node, Problems problems) {
            String addr = node.get("addr").requiredString(problems);
            if (!addr.isEmpty()
                    && !addr.startsWith("http://")
                    && !addr.startsWith("https://")
                    && !addr.startsWith("/")) {
                problems.add(
                        node.get("addr"),
                        "\"" + addr + "\" is neither an http(s) URL nor an absolute path");
            }
            return new Http(
                    addr,
                    node.get("path").string(problems, ""),
                    ConnectionConfig.parse(node, problems));
        }

        @Override
        public String type() {
            return "http-proxy";
        }

        @Override
        public Optional<ConnectionConfig> connectionConfig() {
            return Optional.of(connection);
        }
    }

    /** Which object store. */
    enum Kind {
        S3,
        OSS
    }

    /** S3 or OSS. */
    record ObjectStore(
            Kind kind,
            String scheme,
            String endpoint,
            String region,
            String bucketName,
            String objectPrefix,
            Secret accessKeyId,
            Secret accessKeySecret,
            ConnectionConfig connection)
            implements BackendConfig {

        /** The same under other keys. */
        public ObjectStore withObjectPrefix(String prefix) {
            return new ObjectStore(
                    kind,
                    scheme,
                    endpoint,
                    region,
                    bucketName,
                    prefix,
                    accessKeyId,
                    accessKeySecret,
                    connection);
        }

        static ObjectStore parse(Kind kind, ConfigNode node, Problems problems) {
            boolean s3 = kind == Kind.S3;
            String endpoint =
                    s3
                            ? node.get("endpoint").string(problems, "")
                            : node.get("endpoint").requiredString(problems);
            return new ObjectStore(
                    kind,
                    node.get("scheme").string(problems, "https").equals("http") ? "http" : "https",
                    s3 && endpoint.isEmpty() ? "s3.amazonaws.com" : endpoint,
                    s3
                            ? node.get("region").requiredString(problems)
                            : node.get("region").string(problems, ""),
                    node.get("bucket_name").requiredString(problems),
                    node.get("object_prefix").string(problems, ""),
                    node.get("access_key_id").secret(problems),
                    node.get("access_key_secret").secret(problems),
                    ConnectionConfig.parse(node, problems));
        }

        @Override
        public String type() {
            return kind == Kind.S3 ? "s3" : "oss";
        }

        @Override
        public Optional<ConnectionConfig> connectionConfig() {
            return Optional.of(connection);
        }
    }
}
