package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.convert.copy.BlobCopier;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.image.Descriptor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Layers that earlier conversions have noted in an image of a registry: they are not converted
 * again. What is wrong with the cache costs time only: the layer is converted then.
 */
final class RemoteLayerCache {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteLayerCache.class);

    private final BuildCacheOptions options;
    private final Registries registries;
    private final BuildOptions build;
    private final boolean references;
    private final CacheRecords records;
    private final Map<Digest, Descriptor> converted = new ConcurrentHashMap<>();

    private RemoteLayerCache(
            BuildCacheOptions options,
            Registries registries,
            BuildOptions build,
            boolean references,
            CacheRecords records) {
        this.references = references;
        this.options = options;
        this.registries = registries;
        this.build = build;
        this.records = records;
    }

    /**
     * Reads the cache's records; a cache that is not there yet has none.
     *
     * @param build what layers must have been built with to count
     * @param references whether layers count that keep their data in the original
     */
    static RemoteLayerCache open(
            BuildCacheOptions options,
            BuildOptions build,
            boolean references,
            Registries registries) {
        try (var source = registries.source(options.reference(), options.insecure())) {
            var records = CacheRecords.load(source, options);
            LOG.info("build cache {} has {} layers", options.reference(), records.size());
            return new RemoteLayerCache(options, registries, build, references, records);
        } catch (NaiadException e) {
            throw Registries.hint(e, "build-cache");
        }
    }

    /** Looks layers up before they are converted. */
    LayerConversion around(LayerConversion next, BlobStore blobs, ConversionProgress progress) {
        return (layer, diffId) -> {
            var known = records.find(layer.digest());
            var found =
                    known.isEmpty()
                            ? Optional.<ConvertedLayer>empty()
                            : take(layer, known.get(), blobs, progress);
            var result = found.isPresent() ? found.get() : next.convert(layer, diffId);
            converted.put(layer.digest(), result.descriptor());
            return result;
        };
    }

    private Optional<ConvertedLayer> take(
            Descriptor layer, Descriptor cached, BlobStore blobs, ConversionProgress progress) {
        try (var source = registries.source(options.reference(), options.insecure())) {
            var stored = StoredLayers.read(cached, source, build, references);
            if (stored.isEmpty()) {
                LOG.info("layer {} in the build cache was built otherwise", layer.digest());
                return stored;
            }
            BlobCopier.copy(cached, source, blobs, progress);
            progress.pulled(layer.size());
            LOG.atInfo()
                    .addKeyValue("source", layer.digest())
                    .addKeyValue("target", cached.digest())
                    .log("layer from the build cache");
            return stored;
        } catch (NaiadException e) {
            if (e.kind() == ErrorKind.CANCELLED) {
                throw e;
            }
            LOG.warn(
                    "layer {} in the build cache cannot be used and is converted: {}",
                    layer.digest(),
                    e.what());
            return Optional.empty();
        }
    }

    /**
     * Notes what was converted. A cache that cannot be written is not a reason to give up the
     * image.
     *
     * @param target where the blobs are
     */
    void push(List<PlatformImage> images, ImageSource target, ConversionProgress progress) {
        try (var cache = registries.target(options.reference(), options.insecure())) {
            for (PlatformImage image : images) {
                for (Descriptor layer : image.manifest().layers()) {
                    var result = converted.get(layer.digest());
                    if (result != null) {
                        records.add(image.config().platform(), layer.digest(), result);
                    }
                }
            }
            records.push(cache, target, progress);
            LOG.info("build cache {} has {} layers now", options.reference(), records.size());
        } catch (NaiadException e) {
            LOG.warn("build cache {} is not updated: {}", options.reference(), e.what());
        }
    }
}
