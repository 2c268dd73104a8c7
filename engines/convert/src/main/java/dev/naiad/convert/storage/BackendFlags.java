package dev.naiad.convert.storage;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.Option;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The three flags that name a storage backend, and what they say. */
public final class BackendFlags {
    private BackendFlags() {}

    /**
     * A backend.
     *
     * @param type {@code oss}, {@code s3} or {@code localfs}
     * @param section its configuration as it was given, for nydusd's
     */
    public record Choice(String type, ConfigNode section, BackendConfig config) {}

    /**
     * The flags.
     *
     * @param prefix of their names, such as {@code source-}, or nothing
     * @param what is stored there
     */
    public static List<Option> options(String prefix, String what) {
        return List.of(
                Option.value(
                                prefix + "backend-type",
                                "value",
                                "Type of the storage backend of " + what + ": oss, s3, localfs")
                        // compat: the original reads the same variables whatever the prefix.
                        .env("BACKEND_TYPE")
                        .choices("oss", "s3", "localfs"),
                Option.value(
                                prefix + "backend-config",
                                "value",
                                "Json of the storage backend of " + what)
                        .env("BACKEND_CONFIG")
                        .conflictsWith(prefix + "backend-config-file"),
                Option.value(
                                prefix + "backend-config-file",
                                "value",
                                "Json file of the storage backend of " + what)
                        .env("BACKEND_CONFIG_FILE"));
    }

    /** What the flags say; empty if they name no backend. */
    public static Optional<Choice> parse(CommandLine line, String prefix) {
        return line.find(prefix + "backend-type")
                .filter(text -> !text.isEmpty())
                .map(type -> choice(type, section(line, prefix)));
    }

    /** The configuration, of whatever type. */
    public static ConfigNode section(CommandLine line, String prefix) {
        String flag = "--" + prefix + "backend-config";
        Optional<String> text =
                line.find(prefix + "backend-config").filter(value -> !value.isBlank());
        if (text.isPresent()) {
            return JsonReader.parse(flag, text.get());
        }
        return line.find(prefix + "backend-config-file")
                .filter(value -> !value.isEmpty())
                .map(file -> JsonReader.read(Path.of(file)))
                .orElseThrow(
                        () ->
                                new UsageException(
                                        "--"
                                                + prefix
                                                + "backend-type needs "
                                                + flag
                                                + " or "
                                                + flag
                                                + "-file"));
    }

    /** A backend of a type and a configuration. */
    public static Choice choice(String type, ConfigNode section) {
        var problems = new Problems();
        Optional<BackendConfig> config =
                BackendConfig.parse(ConfigNode.of(type), section, problems);
        problems.throwIfAny();
        return new Choice(type, section, config.orElseThrow());
    }
}
