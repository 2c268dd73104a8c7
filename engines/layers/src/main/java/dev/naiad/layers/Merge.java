package dev.naiad.layers;

import dev.naiad.base.bytes.Digest;
import dev.naiad.builder.ImageMerger;
import dev.naiad.builder.LayerBootstrap;
import dev.naiad.builder.MergeOptions;
import dev.naiad.builder.MergedImage;
import dev.naiad.rafs.RafsVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/** Makes the bootstrap layer of an image out of its Nydus layers. */
public final class Merge {
    private Merge() {}

    /**
     * An image's last layer.
     *
     * @param bootstrap the image's bootstrap, uncompressed
     * @param layer packs it, with the chunk tables of the layers
     * @param blobs what the image needs: the layers in their order, also those without data, then
     *     the blobs of the dictionary that are in use
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over
    public record Merged(
            byte[] bootstrap, BootstrapLayer layer, List<Digest> blobs, RafsVersion version) {
        public Merged {
            blobs = List.copyOf(blobs);
        }
    }

    /** Merges with an image converter's options ({@link MergeOptions#forConversion}). */
    public static Merged layers(List<NydusLayer> layers) {
        return layers(layers, MergeOptions.forConversion(), Map.of());
    }

    /**
     * Merges.
     *
     * @param layers lowest first
     * @param options a chunk dictionary, if the layers were packed with one, and patterns
     * @param files what else the bootstrap layer gets, by path
     * @throws dev.naiad.builder.InconsistentLayersException if they were packed with different
     *     options
     */
    public static Merged layers(
            List<NydusLayer> layers, MergeOptions options, Map<String, byte[]> files) {
        var sources = new ArrayList<LayerBootstrap>();
        var tables = new LinkedHashMap<String, byte[]>();
        var blobs = new LinkedHashSet<Digest>();
        for (NydusLayer layer : layers) {
            sources.add(layer.forMerge());
            if (layer.blobMeta().length > 0) {
                tables.putIfAbsent(layer.digest().hex(), layer.blobMeta());
            }
            blobs.add(layer.digest());
        }
        MergedImage merged = ImageMerger.merge(sources, options);
        var known = new ArrayList<>(layers.stream().map(NydusLayer::blobId).toList());
        for (String id : merged.blobIds()) {
            if (!known.contains(id)) {
                blobs.add(Digest.sha256(id));
            }
        }
        return new Merged(
                merged.bootstrap(),
                BootstrapLayer.pack(merged.bootstrap(), tables, files),
                List.copyOf(blobs),
                merged.version());
    }
}
