package dev.naiad.nydusdapi;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;

/**
 * One mounted filesystem in the daemon's info.
 *
 * @param backendType {@code Rafs} or {@code PassthroughFs}
 * @param mountedTime {@code YYYY-MM-DD HH:MM:SS.fffffffff +00:00:00}
 * @param config the whole v2 configuration without secrets; JSON null where there is none
 */
public record FsInstance(
        String backendType, String mountpoint, String mountedTime, ConfigNode config) {
    public static final String RAFS = "Rafs";

    public static FsInstance of(ConfigNode json) {
        return new FsInstance(
                Json.text(json, "backend_type"),
                Json.text(json, "mountpoint"),
                Json.text(json, "mounted_time"),
                json.get("config"));
    }

    void write(JsonWriter out) {
        out.object()
                .put("backend_type", backendType)
                .put("mountpoint", mountpoint)
                .put("mounted_time", mountedTime)
                .put("config", config)
                .end();
    }
}
