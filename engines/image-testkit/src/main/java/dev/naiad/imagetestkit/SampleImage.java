package dev.naiad.imagetestkit;

import dev.naiad.backend.config.ConnectionConfig;
import dev.naiad.backend.registry.RegistryRepository;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Secret;
import dev.naiad.net.client.Proxies;
import dev.naiad.oci.auth.Credential;
import dev.naiad.oci.auth.Credentials;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageConfig;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.testkit.RealRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;

/** A small image with three layers, and how it gets into a registry. */
public final class SampleImage {
    public static final byte[] LARGE = large();

    private SampleImage() {}

    /** More than one piece of an upload after compression. */
    private static byte[] large() {
        byte[] bytes = new byte[9 << 20];
        new Random(42).nextBytes(bytes);
        return bytes;
    }

    public static List<byte[]> layers() {
        return List.of(
                new SmallTar()
                        .directory("etc")
                        .file("etc/motd", "hello\n")
                        .file("etc/gone", "removed above\n")
                        .symlink("etc/link", "motd")
                        .bytes(),
                new SmallTar().directory("data").file("data/large", LARGE).bytes(),
                new SmallTar()
                        .directory("etc")
                        .file("etc/.wh.gone", "")
                        .file("etc/new", "n")
                        .bytes(),
                new SmallTar().directory("empty").bytes());
    }

    /** Quickly converted. */
    public static List<byte[]> smallLayers() {
        return List.of(
                new SmallTar().directory("etc").file("etc/motd", "hello\n").bytes(),
                new SmallTar().directory("etc").file("etc/new", "n").bytes());
    }

    public static RegistryRepository open(RealRegistry registry, String path) {
        Credentials who =
                host ->
                        Optional.of(
                                new Credential.Basic(
                                        RealRegistry.USER, Secret.of(RealRegistry.PASSWORD)));
        return new RegistryRepository(
                new RegistryRepository.Settings(
                        registry.url().startsWith("https") ? "https" : "http",
                        registry.authority(),
                        registry.authority(),
                        path,
                        "pull,push",
                        "test",
                        who,
                        ConnectionConfig.DEFAULT.withSkipVerify(true),
                        Proxies.NONE));
    }

    /** Pushes the layers as an image with that tag; gives its manifest's digest. */
    public static Digest push(
            RealRegistry registry, String path, String tag, List<byte[]> layers, boolean docker) {
        return push(registry, path, tag, layers, docker, "amd64", SmallTar::gzip);
    }

    /** The same for another architecture. */
    public static Digest push(
            RealRegistry registry,
            String path,
            String tag,
            List<byte[]> layers,
            boolean docker,
            String architecture) {
        return push(registry, path, tag, layers, docker, architecture, SmallTar::gzip);
    }

    /**
     * The same with layers that are packed otherwise.
     *
     * @param packing makes a layer of an archive
     */
    public static Digest push(
            RealRegistry registry,
            String path,
            String tag,
            List<byte[]> layers,
            boolean docker,
            String architecture,
            UnaryOperator<byte[]> packing) {
        try (var repository = open(registry, path)) {
            Deadline deadline = Deadline.never();
            var descriptors = new ArrayList<Descriptor>();
            var diffIds = new ArrayList<Digest>();
            for (byte[] tar : layers) {
                byte[] gzip = packing.apply(tar);
                Digest digest = Digest.sha256Of(gzip);
                repository.putBlob(digest, gzip, deadline);
                descriptors.add(
                        Descriptor.of(
                                docker ? MediaTypes.DOCKER_LAYER_GZIP : MediaTypes.OCI_LAYER_GZIP,
                                digest,
                                gzip.length));
                diffIds.add(Digest.sha256Of(tar));
            }
            String text =
                    "{\"architecture\":\""
                            + architecture
                            + "\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"/bin/sh\"]},"
                            + "\"x-unknown\":[1,2],\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]},"
                            + "\"history\":[]}";
            var json = JsonReader.parse("config", text);
            byte[] config =
                    new ImageConfig(List.of(), json).withLayers(diffIds, "test", "sample").toJson();
            Digest configDigest = Digest.sha256Of(config);
            repository.putBlob(configDigest, config, deadline);
            String type = docker ? MediaTypes.DOCKER_MANIFEST : MediaTypes.OCI_MANIFEST;
            byte[] manifest =
                    new Manifest(
                                    type,
                                    Descriptor.of(
                                            docker
                                                    ? MediaTypes.DOCKER_CONFIG
                                                    : MediaTypes.OCI_CONFIG,
                                            configDigest,
                                            config.length),
                                    descriptors,
                                    Map.of("org.example", "kept"),
                                    JsonReader.parse("none", "{}".getBytes(StandardCharsets.UTF_8)))
                            .toJson();
            repository.putManifest(tag, type, manifest, deadline);
            return Digest.sha256Of(manifest);
        }
    }
}
