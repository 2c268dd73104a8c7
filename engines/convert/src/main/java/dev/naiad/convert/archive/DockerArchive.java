package dev.naiad.convert.archive;

import dev.naiad.backend.registry.RegistryRepository.Fetched;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageConfig;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code docker save} writes: a list of images with the names of their files, and no manifest
 * of a registry; one is made up. Layers lie there as plain tars, so a layer's digest is its diff
 * id; a compressed one is read through for its own.
 */
final class DockerArchive {
    private static final int MAX_CONFIG_BYTES = 16 << 20;
    private static final int HEAD = 4;
    private static final int COPY_BYTES = 256 << 10;

    private final Map<Digest, String> paths = new HashMap<>();
    private final ArchiveFiles files;
    private Fetched manifest = new Fetched("", Digest.sha256Of(new byte[0]), new byte[0]);

    private DockerArchive(ArchiveFiles files) {
        this.files = files;
    }

    static DockerArchive read(ArchiveFiles files) {
        var archive = new DockerArchive(files);
        archive.read();
        return archive;
    }

    Fetched manifest() {
        return manifest;
    }

    /** The name of the file that is a blob. */
    String path(Digest digest) {
        return paths.getOrDefault(digest, digest.toString());
    }

    private void read() {
        var problems = new Problems();
        byte[] bytes = files.bytes("manifest.json", MAX_CONFIG_BYTES);
        List<ConfigNode> images = JsonReader.parse(files + ": manifest.json", bytes).items();
        if (images.size() != 1) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    files + ": holds " + images.size() + " images, not one");
        }
        ConfigNode image = images.getFirst();
        String configPath = image.get("Config").requiredString(problems);
        List<String> layerPaths = image.get("Layers").strings(problems);
        problems.throwIfAny();
        byte[] config = files.bytes(configPath, MAX_CONFIG_BYTES);
        Digest configDigest = Digest.sha256Of(config);
        paths.put(configDigest, configPath);
        List<Digest> diffIds = ImageConfig.parse(files.toString(), config).diffIds();
        if (diffIds.size() != layerPaths.size()) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    files
                            + ": "
                            + layerPaths.size()
                            + " layers, but "
                            + diffIds.size()
                            + " diff ids in the config");
        }
        var layers = new ArrayList<Descriptor>();
        for (int i = 0; i < diffIds.size(); i++) {
            layers.add(layer(layerPaths.get(i), diffIds.get(i)));
        }
        byte[] json =
                new Manifest(
                                MediaTypes.DOCKER_MANIFEST,
                                Descriptor.of(
                                        MediaTypes.DOCKER_CONFIG, configDigest, config.length),
                                layers,
                                Map.of(),
                                ConfigNode.object(Map.of()))
                        .toJson();
        manifest = new Fetched(MediaTypes.DOCKER_MANIFEST, Digest.sha256Of(json), json);
    }

    private Descriptor layer(String path, Digest diffId) {
        long size =
                files.size(path)
                        .orElseThrow(
                                () ->
                                        new NaiadException(
                                                ErrorKind.NOT_FOUND, files + ": has no " + path));
        try (var in = files.open(path)) {
            byte[] head = in.readNBytes(HEAD);
            String type =
                    switch (LayerStreams.kindOf(head, head.length)) {
                        case PLAIN -> MediaTypes.DOCKER_LAYER;
                        case GZIP -> MediaTypes.DOCKER_LAYER_GZIP;
                        case ZSTD -> MediaTypes.DOCKER_LAYER_ZSTD;
                    };
            Digest digest = type.equals(MediaTypes.DOCKER_LAYER) ? diffId : digest(path);
            paths.put(digest, path);
            return Descriptor.of(type, digest, size);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, IoReason.after(files + ": " + path, e), e);
        }
    }

    private Digest digest(String path) throws IOException {
        MessageDigest sha256;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        byte[] buffer = new byte[COPY_BYTES];
        try (var in = files.open(path)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                sha256.update(buffer, 0, n);
            }
        }
        return Digest.of(Digest.Algorithm.SHA256, sha256.digest());
    }
}
