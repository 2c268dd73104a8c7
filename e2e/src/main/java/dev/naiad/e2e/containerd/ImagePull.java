package dev.naiad.e2e.containerd;

import com.google.protobuf.FieldMask;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.containerdapi.images.CreateImageRequest;
import dev.naiad.containerdapi.images.Descriptor;
import dev.naiad.containerdapi.images.Image;
import dev.naiad.containerdapi.images.ImagesGrpc;
import dev.naiad.containerdapi.images.UpdateImageRequest;
import dev.naiad.containerdapi.leases.CreateRequest;
import dev.naiad.containerdapi.leases.DeleteRequest;
import dev.naiad.containerdapi.leases.LeasesGrpc;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One pull of an image of one platform. Layers are downloaded three at a time, as containerd does,
 * and each is unpacked as soon as it is there.
 */
public final class ImagePull {
    private final Containerd containerd;
    private final RegistryReader source;
    private final String reference;
    private final String repository;
    private final String tag;
    private final String lease = UUID.randomUUID().toString();
    private final ContentStore store;

    private ImagePull(Containerd containerd, RegistryReader source, String reference) {
        this.containerd = containerd;
        this.source = source;
        this.reference = reference;
        int colon = reference.lastIndexOf(':');
        this.repository = reference.substring(reference.indexOf('/') + 1, colon);
        this.tag = reference.substring(colon + 1);
        this.store = new ContentStore(containerd, lease);
    }

    /**
     * Pulls and unpacks.
     *
     * @param source the registry of the reference
     * @param reference {@code host:port/repository:tag}
     * @param snapshotter containerd's name of it
     */
    public static void pull(
            Containerd containerd, RegistryReader source, String reference, String snapshotter)
            throws IOException {
        new ImagePull(containerd, source, reference).pull(snapshotter);
    }

    private void pull(String snapshotter) throws IOException {
        var leases = containerd.stub(LeasesGrpc::newBlockingV2Stub, "");
        try {
            var _ = leases.create(CreateRequest.newBuilder().setId(lease).build());
            try {
                pullUnderLease(snapshotter);
            } finally {
                var _ = leases.delete(DeleteRequest.newBuilder().setId(lease).build());
            }
        } catch (StatusException e) {
            throw new IOException("containerd: pull of " + reference, e);
        }
    }

    private void pullUnderLease(String snapshotter) throws IOException, StatusException {
        byte[] text = read("manifests/" + tag, String.join(", ", PulledManifest.TYPES));
        var manifest = PulledManifest.parse(text);
        store.write(manifest.self(), manifest.references(), bytes(text));
        var config = manifest.config();
        byte[] configText = read("blobs/" + config.getDigest(), config.getMediaType());
        check(config, configText);
        store.write(config, Map.of(), bytes(configText));
        name(manifest.self());
        var unpacker = new Unpacker(containerd, lease, snapshotter, reference, manifest);
        try (var downloads = new LayerDownloads(manifest.layers(), this::download)) {
            var top = unpacker.unpack(diffIds(configText), downloads);
            store.label(config.getDigest(), "containerd.io/gc.ref.snapshot." + snapshotter, top);
        }
    }

    private byte[] read(String path, String accept) throws IOException {
        var read = new byte[1][];
        source.get(
                "/v2/" + repository + "/" + path,
                accept,
                stream -> read[0] = stream.readAllBytes());
        return read[0];
    }

    private void download(Descriptor layer) throws IOException {
        var path = "/v2/" + repository + "/blobs/" + layer.getDigest();
        store.write(layer, Map.of(), body -> source.get(path, layer.getMediaType(), body));
    }

    private static ContentStore.Origin bytes(byte[] content) {
        return body -> body.read(new ByteArrayInputStream(content));
    }

    private static void check(Descriptor blob, byte[] content) throws IOException {
        var digest = Digest.sha256Of(content).toString();
        if (!digest.equals(blob.getDigest())) {
            throw new IOException("the registry sent " + digest + " for " + blob.getDigest());
        }
    }

    private static List<String> diffIds(byte[] config) {
        return JsonReader.parse("config", new String(config, StandardCharsets.UTF_8))
                .at("rootfs", "diff_ids")
                .items()
                .stream()
                .map(ConfigNode::text)
                .toList();
    }

    /** Creates the image's name, or points it at this image. */
    private void name(Descriptor target) throws StatusException {
        var images = containerd.stub(ImagesGrpc::newBlockingV2Stub, lease);
        var image = Image.newBuilder().setName(reference).setTarget(target).build();
        try {
            var _ = images.create(CreateImageRequest.newBuilder().setImage(image).build());
        } catch (StatusException e) {
            if (e.getStatus().getCode() != Status.Code.ALREADY_EXISTS) {
                throw e;
            }
            var _ =
                    images.update(
                            UpdateImageRequest.newBuilder()
                                    .setImage(image)
                                    .setUpdateMask(FieldMask.newBuilder().addPaths("target"))
                                    .build());
        }
    }
}
