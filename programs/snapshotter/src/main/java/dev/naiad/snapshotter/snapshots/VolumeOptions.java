package dev.naiad.snapshotter.snapshots;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.naiad.base.config.JsonWriter;
import dev.naiad.snapshotter.store.ActiveSnapshot;
import dev.naiad.snapshotter.store.StoredSnapshot;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Mount options that only runtimes outside this node's kernel understand: JSON in base64. */
final class VolumeOptions {
    private static final String EXTRA = "extraoption=";
    private static final String KATA = "io.katacontainers.volume=";
    private static final int RAFS_V5_MAGIC = 0x52414653;
    private static final int RAFS_V5_VERSION = 0x500;

    private final Layout layout;
    private final Snapshotter.Settings settings;

    VolumeOptions(Layout layout, Snapshotter.Settings settings) {
        this.layout = layout;
        this.settings = settings;
    }

    /**
     * For a lazily loaded tree: where its bootstrap and configuration are, if the helper is asked
     * for.
     */
    List<String> ofTree(ActiveSnapshot snapshot, RafsTree tree) {
        if (!settings.nydusOverlayfs() || settings.kataVolume()) {
            return List.of();
        }
        String json =
                JsonWriter.compact()
                        .likeGo()
                        .object()
                        .put("source", tree.bootstrap().toString())
                        .put("config", tree.config())
                        .put("snapshotdir", layout.snapshot(snapshot.id()).toString())
                        .put("fs_version", version(tree.bootstrap()))
                        .end()
                        .toString();
        return List.of(EXTRA + base64(json));
    }

    private static String version(Path bootstrap) {
        try (var file = new RandomAccessFile(bootstrap.toFile(), "r")) {
            byte[] head = new byte[8];
            file.readFully(head);
            var at = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
            return at.getInt(0) == RAFS_V5_MAGIC && at.getInt(4) == RAFS_V5_VERSION ? "v5" : "v6";
        } catch (IOException e) {
            return "v6";
        }
    }

    /** For an image that is pulled inside the guest. */
    List<String> ofProxy(StoredSnapshot base) {
        if (!settings.kataVolume()) {
            return List.of();
        }
        Map<String, String> labels = base.info().labels();
        var metadata = new TreeMap<String, String>();
        for (String key : List.of(Labels.LAYER_DIGEST, Labels.NYDUS_PROXY_MODE)) {
            if (labels.containsKey(key)) {
                metadata.put(key, labels.get(key));
            }
        }
        var options = new ArrayList<String>();
        metadata.forEach((key, value) -> options.add(key + "=" + value));
        var json =
                JsonWriter.compact()
                        .likeGo()
                        .object()
                        .put("volume_type", "image_guest_pull")
                        .put(
                                "source",
                                Labels.imageReference(labels).orElse("dummy-image-reference"))
                        .put("options", options)
                        .key("image_pull")
                        .object()
                        .put("metadata", metadata)
                        .end()
                        .end();
        return List.of(KATA + base64(json.toString()));
    }

    private static String base64(String json) {
        return Base64.getEncoder().encodeToString(json.getBytes(UTF_8));
    }
}
