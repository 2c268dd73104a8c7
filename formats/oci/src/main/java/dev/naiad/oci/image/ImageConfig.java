package dev.naiad.oci.image;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/**
 * An image's configuration: known here are its layers' diff ids and history, everything else is
 * kept as it is.
 */
public record ImageConfig(List<Digest> diffIds, ConfigNode json) {
    public ImageConfig {
        diffIds = List.copyOf(diffIds);
    }

    public static ImageConfig parse(String name, byte[] bytes) {
        ConfigNode node = JsonReader.parse("config of " + name, bytes);
        var problems = new Problems();
        var diffIds = new ArrayList<Digest>();
        for (ConfigNode item : node.at("rootfs", "diff_ids").items()) {
            try {
                diffIds.add(Digest.parse(item.string(problems, "")));
            } catch (dev.naiad.base.error.NaiadException e) {
                problems.add(item, e.what());
            }
        }
        problems.throwIfAny();
        return new ImageConfig(diffIds, node);
    }

    public Platform platform() {
        return Platform.read(json, new Problems());
    }

    /** The run-time part: command, environment and so on. */
    public ConfigNode runtime() {
        return json.get("config");
    }

    /** The same image with other layers, and nothing more told about them. */
    public ImageConfig withDiffIds(List<Digest> newDiffIds) {
        return new ImageConfig(newDiffIds, json.with("rootfs", rootfs(newDiffIds)));
    }

    private static ConfigNode rootfs(List<Digest> diffIds) {
        var rootfs = new LinkedHashMap<String, ConfigNode>();
        rootfs.put("type", ConfigNode.of("layers"));
        rootfs.put(
                "diff_ids",
                ConfigNode.list(diffIds.stream().map(d -> ConfigNode.of(d.toString())).toList()));
        return ConfigNode.object(rootfs);
    }

    /** The same image with other layers, and one more entry of history. */
    public ImageConfig withLayers(List<Digest> newDiffIds, String createdBy, String comment) {
        var history = new ArrayList<>(json.get("history").items());
        history.add(entry(createdBy, comment));
        return with(newDiffIds, history);
    }

    /** The same image on top of another layer, whose history comes first. */
    public ImageConfig withFirstLayer(Digest diffId, String createdBy, String comment) {
        var all = new ArrayList<Digest>();
        all.add(diffId);
        all.addAll(diffIds);
        var history = new ArrayList<ConfigNode>();
        history.add(entry(createdBy, comment));
        history.addAll(json.get("history").items());
        return with(all, history);
    }

    /** The same image with other layers, without the entry of history that says so. */
    public ImageConfig withoutHistory(List<Digest> newDiffIds, String createdBy, String comment) {
        var history = new ArrayList<>(json.get("history").items());
        history.removeIf(entry(createdBy, comment)::equals);
        return with(newDiffIds, history);
    }

    private static ConfigNode entry(String createdBy, String comment) {
        var entry = new LinkedHashMap<String, ConfigNode>();
        entry.put("created_by", ConfigNode.of(createdBy));
        entry.put("comment", ConfigNode.of(comment));
        return ConfigNode.object(entry);
    }

    private ImageConfig with(List<Digest> newDiffIds, List<ConfigNode> history) {
        return new ImageConfig(
                newDiffIds,
                json.with("rootfs", rootfs(newDiffIds)).with("history", ConfigNode.list(history)));
    }

    /** The same image without its history. */
    public ImageConfig withoutHistory() {
        return new ImageConfig(diffIds, json.with("history", ConfigNode.list(List.of())));
    }

    /** Compact, as the originals push it. */
    public byte[] toJson() {
        return JsonWriter.compact()
                .likeGo()
                .value(json)
                .toString()
                .getBytes(StandardCharsets.UTF_8);
    }
}
