package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.copy.BlobCopier;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.oci.image.Platform;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a build cache holds: an index with a manifest for each platform, whose layers are converted
 * layers with the digest of their source as an annotation. docs/protocols/registry.md
 */
final class CacheRecords {
    private final BuildCacheOptions options;
    private final Map<String, Map<Digest, Descriptor>> platforms = new TreeMap<>();

    private CacheRecords(BuildCacheOptions options) {
        this.options = options;
    }

    /** Reads them; records of another version do not count. */
    static CacheRecords load(ImageSource source, BuildCacheOptions options) {
        var records = new CacheRecords(options);
        String key = options.reference().manifestKey();
        try {
            var fetched = source.manifest(key, Deadline.never());
            var index =
                    ImageIndex.parse(
                            source.name() + ":" + key, fetched.mediaType(), fetched.bytes());
            for (Descriptor entry : index.manifests()) {
                records.read(source, entry);
            }
        } catch (NaiadException e) {
            if (e.kind() != ErrorKind.NOT_FOUND) {
                throw e;
            }
        }
        return records;
    }

    private void read(ImageSource source, Descriptor entry) {
        var fetched = source.manifest(entry.digest().toString(), Deadline.never());
        var manifest =
                Manifest.parse(
                        source.name() + "@" + entry.digest(), fetched.mediaType(), fetched.bytes());
        String version = manifest.annotations().getOrDefault(NydusAnnotations.CACHE_VERSION, "");
        if (!version.equals(options.version())) {
            return;
        }
        var layers = of(entry.platform().map(Platform::toString).orElse("unknown/unknown"));
        for (Descriptor layer : manifest.layers()) {
            String digest = layer.annotations().get(NydusAnnotations.SOURCE_DIGEST);
            if (digest != null && layer.mediaType().equals(MediaTypes.NYDUS_BLOB)) {
                layers.put(
                        Digest.parse(digest),
                        layer.withoutAnnotation(NydusAnnotations.SOURCE_DIGEST));
            }
        }
    }

    private Map<Digest, Descriptor> of(String platform) {
        return platforms.computeIfAbsent(platform, key -> new LinkedHashMap<>());
    }

    /** The converted form of a layer; layers are the same on all platforms. */
    Optional<Descriptor> find(Digest source) {
        return platforms.values().stream()
                .filter(layers -> layers.containsKey(source))
                .map(layers -> layers.get(source))
                .findFirst();
    }

    int size() {
        return platforms.values().stream().mapToInt(Map::size).sum();
    }

    /** Old records keep their place; when there is no more room, new ones are left out. */
    void add(Platform platform, Digest source, Descriptor converted) {
        var layers = of(platform.toString());
        if (layers.containsKey(source) || layers.size() < options.maxRecords()) {
            layers.put(source, converted);
        }
    }

    /**
     * Writes them.
     *
     * @param blobs where blobs are that the cache's repository has not
     */
    void push(ImageTarget cache, ImageSource blobs, ConversionProgress progress) {
        var manifests = new ArrayList<Descriptor>();
        for (var entry : platforms.entrySet()) {
            if (!entry.getValue().isEmpty()) {
                manifests.add(push(entry.getKey(), entry.getValue(), cache, blobs, progress));
            }
        }
        if (!manifests.isEmpty()) {
            cache.putManifest(
                    options.reference().tag().orElse("latest"),
                    MediaTypes.OCI_INDEX,
                    ImageIndex.of(MediaTypes.OCI_INDEX, manifests).toJson(),
                    Deadline.never());
        }
    }

    private Descriptor push(
            String platform,
            Map<Digest, Descriptor> records,
            ImageTarget cache,
            ImageSource blobs,
            ConversionProgress progress) {
        var layers = new ArrayList<Descriptor>();
        for (var entry : Map.copyOf(records).entrySet()) {
            if (!cached(entry.getValue(), cache, blobs, progress)) {
                records.remove(entry.getKey()); // gone from the registry
            }
        }
        records.forEach(
                (source, layer) ->
                        layers.add(
                                layer.withAnnotation(
                                        NydusAnnotations.SOURCE_DIGEST, source.toString())));
        Platform parsed = Platform.parse(platform);
        byte[] config =
                ("{\"architecture\":\""
                                + parsed.architecture()
                                + "\",\"os\":\""
                                + parsed.os()
                                + "\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}")
                        .getBytes(StandardCharsets.UTF_8);
        Digest configDigest = Digest.sha256Of(config);
        cache.putBlob(configDigest, config, Deadline.never());
        byte[] manifest =
                new Manifest(
                                MediaTypes.OCI_MANIFEST,
                                Descriptor.of(MediaTypes.OCI_CONFIG, configDigest, config.length),
                                layers,
                                Map.of(NydusAnnotations.CACHE_VERSION, options.version()),
                                ConfigNode.object(Map.of()))
                        .toJson();
        Digest digest = Digest.sha256Of(manifest);
        cache.putManifest(digest.toString(), MediaTypes.OCI_MANIFEST, manifest, Deadline.never());
        var descriptor = Descriptor.of(MediaTypes.OCI_MANIFEST, digest, manifest.length);
        var json = descriptor.json().with("platform", parsed.toJson());
        return new Descriptor(
                descriptor.mediaType(),
                descriptor.digest(),
                descriptor.size(),
                descriptor.annotations(),
                json);
    }

    private static boolean cached(
            Descriptor layer, ImageTarget cache, ImageSource blobs, ConversionProgress progress) {
        try {
            BlobCopier.copy(layer, blobs, cache, progress);
            return true;
        } catch (NaiadException e) {
            if (e.kind() == ErrorKind.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }
}
