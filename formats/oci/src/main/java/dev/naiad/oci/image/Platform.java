package dev.naiad.oci.image;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.LinkedHashMap;
import java.util.Locale;

/**
 * What an image runs on.
 *
 * @param architecture in Go's words: amd64, arm64, arm, …
 * @param variant empty if none, or the architecture's usual one
 */
public record Platform(String os, String architecture, String variant) {
    /** The machine of this process. */
    public static Platform host() {
        String machine = System.getProperty("os.arch", "");
        String architecture =
                switch (machine) {
                    case "x86_64" -> "amd64";
                    case "aarch64" -> "arm64";
                    default -> machine;
                };
        return new Platform("linux", architecture, "");
    }

    /** Reads {@code os/arch[/variant]}. */
    public static Platform parse(String text) {
        String[] parts = text.strip().toLowerCase(Locale.ROOT).split("/", -1);
        if (parts.length < 2 || parts.length > 3 || parts[0].isEmpty() || parts[1].isEmpty()) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "platform \"" + text + "\" is not os/arch[/variant]");
        }
        String architecture =
                switch (parts[1]) {
                    case "x86_64", "x86-64" -> "amd64";
                    case "aarch64" -> "arm64";
                    default -> parts[1];
                };
        return new Platform(
                parts[0], architecture, usual(architecture, parts.length > 2 ? parts[2] : ""));
    }

    static Platform read(ConfigNode node, Problems problems) {
        String architecture = node.get("architecture").string(problems, "");
        return new Platform(
                node.get("os").string(problems, ""),
                architecture,
                usual(architecture, node.get("variant").string(problems, "")));
    }

    /** As an index has it. */
    public ConfigNode toJson() {
        var entries = new LinkedHashMap<String, ConfigNode>();
        entries.put("architecture", ConfigNode.of(architecture));
        entries.put("os", ConfigNode.of(os));
        if (!variant.isEmpty()) {
            entries.put("variant", ConfigNode.of(variant));
        }
        return ConfigNode.object(entries);
    }

    private static String usual(String architecture, String variant) {
        return architecture.equals("arm64") && variant.equals("v8") ? "" : variant;
    }

    /** Whether an image for that platform runs here; an unknown variant fits any. */
    public boolean accepts(Platform image) {
        return os.equals(image.os)
                && architecture.equals(image.architecture)
                && (variant.isEmpty() || image.variant.isEmpty() || variant.equals(image.variant));
    }

    @Override
    public String toString() {
        return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
    }
}
