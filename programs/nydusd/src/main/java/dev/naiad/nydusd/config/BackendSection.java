package dev.naiad.nydusd.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.config.Problems;
import java.util.List;

/**
 * Where blobs come from. The fields of each kind are read by the backend itself.
 *
 * @param type such as {@code registry}
 * @param config the object with the fields of that type
 */
public record BackendSection(String type, ConfigNode config) {
    private static final List<String> TYPES =
            List.of("localfs", "localdisk", "oss", "s3", "registry", "http-proxy");

    /** Fields that no answer of the API may show. */
    private static final List<String> SECRETS =
            List.of("auth", "registry_token", "access_key_id", "access_key_secret");

    static BackendSection parseV1(ConfigNode node, Problems problems) {
        var type = type(node, problems);
        if (!node.get("config").isObject()) {
            problems.add(node.get("config"), "is required");
        }
        return new BackendSection(type, node.get("config"));
    }

    static BackendSection parseV2(ConfigNode node, Problems problems) {
        var type = type(node, problems);
        if (!type.isEmpty() && !node.get(type).isObject()) {
            problems.add(node.get(type), "is required");
        }
        return new BackendSection(type, node.get(type));
    }

    private static String type(ConfigNode node, Problems problems) {
        var type = node.get("type").requiredString(problems);
        if (!type.isEmpty() && !TYPES.contains(type)) {
            problems.add(
                    node.get("type"), "\"" + type + "\" is none of " + String.join(", ", TYPES));
            return "";
        }
        return type;
    }

    /** With another value for one field. */
    public BackendSection with(String key, String value) {
        return new BackendSection(type, config.with(key, ConfigNode.of(value)));
    }

    /**
     * Writes it as version 2 has it.
     *
     * @param secrets whether credentials are written too
     */
    void write(JsonWriter out, boolean secrets) {
        out.object().put("type", type).put(type, fields(secrets)).end();
    }

    /** The same for an element of {@code external_backends}. */
    void writeExternal(JsonWriter out, boolean secrets) {
        out.object().put("type", type).put("config", fields(secrets)).end();
    }

    private ConfigNode fields(boolean secrets) {
        var visible = config;
        for (var secret : secrets ? List.<String>of() : SECRETS) {
            visible = visible.without(secret);
        }
        return visible;
    }

    /** Without the fields: they hold credentials. */
    @Override
    public String toString() {
        return type;
    }
}
