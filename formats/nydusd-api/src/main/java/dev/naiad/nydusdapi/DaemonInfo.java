package dev.naiad.nydusdapi;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import java.util.List;
import java.util.Optional;

/**
 * Answer of {@code GET /api/v1/daemon} and {@code GET /api/v2/daemon}.
 *
 * @param instances in the order they were mounted; absent in the v2 form
 */
public record DaemonInfo(
        BuildVersion version,
        Optional<String> id,
        Optional<String> supervisor,
        DaemonState state,
        Optional<List<FsInstance>> instances) {
    public DaemonInfo {
        instances = instances.map(List::copyOf);
    }

    public static DaemonInfo of(ConfigNode json) {
        return new DaemonInfo(
                BuildVersion.of(json.get("version")),
                json.find("id").map(ConfigNode::text),
                json.find("supervisor").map(ConfigNode::text),
                DaemonState.of(Json.text(json, "state")),
                json.find("backend_collection")
                        .map(all -> all.entries().values().stream().map(FsInstance::of).toList()));
    }

    /** The instance at that mountpoint, if there is one. */
    public Optional<FsInstance> instance(String mountpoint) {
        return instances.orElse(List.of()).stream()
                .filter(instance -> instance.mountpoint().equals(mountpoint))
                .findFirst();
    }

    public String toJson() {
        var out = JsonWriter.compact().object().key("version");
        version.write(out);
        optional(out, "id", id);
        optional(out, "supervisor", supervisor);
        out.put("state", state.name()).key("backend_collection");
        if (instances.isEmpty()) {
            out.nothing();
        } else {
            out.object();
            for (var instance : instances.get()) {
                instance.write(out.key(instance.mountpoint()));
            }
            out.end();
        }
        return out.end().toString();
    }

    private static void optional(JsonWriter out, String key, Optional<String> value) {
        out.key(key);
        if (value.isPresent()) {
            out.value(value.get());
        } else {
            out.nothing();
        }
    }
}
