package dev.naiad.convert.model;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.external.ExternalArchives;
import dev.naiad.builder.external.ExternalImage;
import dev.naiad.convert.pull.BlobBytes;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.NydusAnnotations;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A model in a registry: a manifest of a type of its own, each layer a plain tar with a file or
 * some. docs/operate/nydusify.md#models
 */
public final class ModelArtifact {
    private static final Pattern TYPE =
            Pattern.compile("application/vnd\\.(cnai|cncf)\\.model\\.manifest\\.v1\\+json");
    private static final String CRCS = "org.cnai.nydus.crcs";

    private ModelArtifact() {}

    /** What the manifest says it is; empty if it says nothing. */
    public static String type(Manifest manifest) {
        return manifest.json().find("artifactType").map(ConfigNode::text).orElse("");
    }

    /** Whether a manifest is a model's, as it is or with a bootstrap. */
    public static boolean isOne(Manifest manifest) {
        return TYPE.matcher(type(manifest)).matches();
    }

    /** The layers that hold the model's files. */
    public static List<Descriptor> layers(Manifest manifest) {
        return manifest.layers().stream()
                .filter(layer -> !layer.annotations().containsKey(NydusAnnotations.BOOTSTRAP))
                .toList();
    }

    /**
     * The image of a model's files, each a stretch of a layer. Headers are read.
     *
     * @param name for errors
     * @throws NaiadException INVALID_ARGUMENT if a layer is not a plain tar
     */
    public static ExternalImage.Built image(
            String name, ImageSource source, Manifest manifest, BuildOptions options) {
        List<Descriptor> layers = layers(manifest);
        var blobs = BlobBytes.of(source, layers);
        var archives = new ArrayList<ExternalArchives.Archive>();
        for (Descriptor layer : layers) {
            if (!layer.mediaType().endsWith(".tar")) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        name
                                + ": layer "
                                + layer.digest()
                                + " is a "
                                + layer.mediaType()
                                + "; files are read out of plain archives only, push it as …v1.tar");
            }
            String id = layer.digest().hex();
            archives.add(new ExternalArchives.Archive(id, blobs.open(id), crcs(layer)));
        }
        return ExternalArchives.build(name, archives, options);
    }

    /** Sums that the pusher has computed; what is no such list is as good as none. */
    private static Map<String, int[]> crcs(Descriptor layer) {
        String text = layer.annotations().get(CRCS);
        var result = new HashMap<String, int[]>();
        if (text == null) {
            return result;
        }
        try {
            for (ConfigNode file : JsonReader.parse(CRCS, text).get("files").items()) {
                String[] words = file.get("chunk_crcs").text().split(",", -1);
                int[] sums = new int[words.length];
                for (int i = 0; i < words.length; i++) {
                    sums[i] = Long.decode(words[i].strip()).intValue();
                }
                result.put(file.get("file_path").text(), sums);
            }
        } catch (NaiadException | NumberFormatException e) {
            return Map.of();
        }
        return result;
    }
}
