package dev.naiad.e2e.containerd;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.containerdapi.images.Descriptor;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A manifest and its own descriptor. */
record PulledManifest(Descriptor self, Descriptor config, List<Descriptor> layers) {
    /** The media types that a pull accepts: images of one platform. */
    static final List<String> TYPES =
            List.of(
                    "application/vnd.oci.image.manifest.v1+json",
                    "application/vnd.docker.distribution.manifest.v2+json");

    PulledManifest {
        layers = List.copyOf(layers);
    }

    static PulledManifest parse(byte[] text) {
        var json = JsonReader.parse("manifest", new String(text, StandardCharsets.UTF_8));
        var self =
                Descriptor.newBuilder()
                        .setMediaType(
                                json.has("mediaType")
                                        ? json.get("mediaType").text()
                                        : TYPES.getFirst())
                        .setDigest(Digest.sha256Of(text).toString())
                        .setSize(text.length)
                        .build();
        return new PulledManifest(
                self,
                descriptor(json.get("config")),
                json.get("layers").items().stream().map(PulledManifest::descriptor).toList());
    }

    private static Descriptor descriptor(ConfigNode json) {
        var made =
                Descriptor.newBuilder()
                        .setMediaType(json.get("mediaType").text())
                        .setDigest(json.get("digest").text())
                        .setSize(Long.parseLong(json.get("size").text()));
        json.get("annotations")
                .entries()
                .forEach((key, value) -> made.putAnnotations(key, value.text()));
        return made.build();
    }

    /** The labels by which the garbage collector finds config and layers. */
    Map<String, String> references() {
        var labels = new LinkedHashMap<String, String>();
        labels.put("containerd.io/gc.ref.content.config", config.getDigest());
        for (int i = 0; i < layers.size(); i++) {
            labels.put("containerd.io/gc.ref.content.l." + i, layers.get(i).getDigest());
        }
        return labels;
    }
}
