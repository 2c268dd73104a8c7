package dev.naiad.testkit;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.config.JsonWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Layers laid over each other by umoci, the reference for what an OCI image contains. */
public final class UmociReference {
    private static final String CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
    private static final String MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
    private static final String LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";

    private UmociReference() {}

    /** Unpacks an image of these layers below {@code directory}: its root file system. */
    public static Path unpack(Path directory, List<byte[]> layers) throws IOException {
        var layout = Files.createDirectories(directory.resolve("layout"));
        var blobs = Files.createDirectories(layout.resolve("blobs/sha256"));
        var config =
                JsonWriter.compact()
                        .object()
                        .put("architecture", "amd64")
                        .put("os", "linux")
                        .key("config")
                        .object()
                        .end()
                        .key("rootfs")
                        .object()
                        .put("type", "layers")
                        .key("diff_ids")
                        .array();
        for (byte[] layer : layers) {
            config.value("sha256:" + Digest.sha256Of(layer).hex());
        }
        byte[] configBytes = bytes(config.end().end().end());
        var manifest = JsonWriter.compact().object().put("schemaVersion", 2);
        descriptor(manifest.key("config").object(), CONFIG_TYPE, store(blobs, configBytes));
        manifest.key("layers").array();
        for (byte[] layer : layers) {
            descriptor(manifest.object(), LAYER_TYPE, store(blobs, layer));
        }
        byte[] manifestBytes = bytes(manifest.end().end());
        var index = JsonWriter.compact().object().put("schemaVersion", 2).key("manifests").array();
        index.object()
                .put("mediaType", MANIFEST_TYPE)
                .put("digest", "sha256:" + Digest.sha256Of(manifestBytes).hex())
                .put("size", manifestBytes.length)
                .key("annotations")
                .object()
                .put("org.opencontainers.image.ref.name", "nasty")
                .end()
                .end();
        store(blobs, manifestBytes);
        Files.write(layout.resolve("index.json"), bytes(index.end().end()));
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        var root = directory.resolve("rootfs");
        Commands.run("umoci", "raw", "unpack", "--image", layout + ":nasty", root.toString())
                .orFail();
        return root;
    }

    private static byte[] bytes(JsonWriter json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] store(Path blobs, byte[] content) throws IOException {
        Files.write(blobs.resolve(Digest.sha256Of(content).hex()), content);
        return content;
    }

    private static void descriptor(JsonWriter json, String type, byte[] content) {
        json.put("mediaType", type)
                .put("digest", "sha256:" + Digest.sha256Of(content).hex())
                .put("size", content.length)
                .end();
    }
}
