package dev.naiad.nydusify.check;

import dev.naiad.convert.model.ModelArtifact;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import java.util.List;

/** What manifest and config of an image must be like. */
final class ManifestRules {
    private static final String RULE = "manifest";

    private ManifestRules() {}

    /** Of a Nydus image. */
    static void checkNydus(PlatformImage image) {
        Manifest manifest = image.manifest();
        if (!manifest.isNydus()) {
            throw CheckFailure.of(RULE, "the last layer is not a Nydus bootstrap");
        }
        if (ModelArtifact.isOne(manifest)) {
            checkModel(manifest);
            return;
        }
        for (Descriptor layer : manifest.layers().subList(0, manifest.layers().size() - 1)) {
            if (!layer.mediaType().equals(MediaTypes.NYDUS_BLOB)
                    || !layer.annotations()
                            .getOrDefault(NydusAnnotations.BLOB, "")
                            .equals("true")) {
                throw CheckFailure.of(RULE, "layer " + layer.digest() + " is not a Nydus blob");
            }
        }
        checkDiffIds(image);
    }

    /** A model's layers are what they were; its bootstrap says of what it is one. */
    private static void checkModel(Manifest manifest) {
        String type = ModelArtifact.type(manifest);
        String said =
                manifest.layers()
                        .getLast()
                        .annotations()
                        .getOrDefault(NydusAnnotations.ARTIFACT_TYPE, "");
        if (!said.equals(type)) {
            throw CheckFailure.of(
                    RULE,
                    "the bootstrap is one of a \"" + said + "\", the image a \"" + type + "\"");
        }
        var subject = manifest.json().at("subject", "mediaType");
        if (!subject.isPresent() || !subject.text().equals(MediaTypes.OCI_MANIFEST)) {
            throw CheckFailure.of(RULE, "the model's own manifest is not its subject");
        }
    }

    /** As many layers as diff ids. */
    static void checkDiffIds(PlatformImage image) {
        int diffIds = image.config().diffIds().size();
        int layers = image.manifest().layers().size();
        if (diffIds != layers) {
            throw CheckFailure.of(
                    RULE, layers + " layers, but " + diffIds + " diff ids in the config");
        }
    }

    /** Both run the same. */
    static void compareRuntime(PlatformImage source, PlatformImage target) {
        var wanted = source.config().runtime().without("ArgsEscaped");
        var found = target.config().runtime().without("ArgsEscaped");
        if (!wanted.equals(found)) {
            throw CheckFailure.of(
                    RULE,
                    "the runtime configuration differs from the source's: "
                            + found
                            + ", in the source "
                            + wanted);
        }
    }

    /** The plain image beside a Nydus one in an index has the source's layers. */
    static void comparePlain(PlatformImage source, PlatformImage target) {
        List<String> wanted = layers(source);
        List<String> found = layers(target);
        if (!wanted.equals(found)) {
            throw CheckFailure.of(
                    RULE,
                    "the image beside the Nydus one has the layers "
                            + found
                            + ", the source "
                            + wanted);
        }
        compareRuntime(source, target);
    }

    /** Without the empty layer that keeps chain ids apart. */
    private static List<String> layers(PlatformImage image) {
        return image.manifest().layers().stream()
                .filter(
                        layer ->
                                !layer.annotations()
                                        .getOrDefault(NydusAnnotations.EMPTY_LAYER, "")
                                        .equals("true"))
                .map(layer -> layer.digest().toString())
                .toList();
    }
}
