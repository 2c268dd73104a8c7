package dev.naiad.convert.model;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a model is read from.
 *
 * @param store of {@code modctl} on this machine; empty for a registry
 */
public record ModelSource(Optional<Path> store) {
    private static final Logger LOG = LoggerFactory.getLogger(ModelSource.class);

    /** What {@code --source-backend-type} names; empty if the source is an image. */
    public static Optional<ModelSource> parse(CommandLine line) {
        String type = line.find("source-backend-type").orElse("");
        return switch (type) {
            case "" -> Optional.empty();
            case "model-artifact" -> Optional.of(new ModelSource(Optional.empty()));
            case "modelfile" -> Optional.of(new ModelSource(Optional.of(store(line))));
            default -> {
                // compat: the original takes any type, and heeds those two.
                LOG.warn(
                        "--source-backend-type {} has no effect: sources are images, or model-artifact or modelfile",
                        type);
                yield Optional.empty();
            }
        };
    }

    private static Path store(CommandLine line) {
        String text = line.find("source-backend-config").filter(v -> !v.isEmpty()).orElse("");
        if (text.isEmpty()) {
            throw new UsageException(
                    "--source-backend-type modelfile needs --source-backend-config"
                            + " '{\"work_dir\":\"DIR\"}', modctl's storage directory");
        }
        var problems = new Problems();
        var config = JsonReader.parse("--source-backend-config", text);
        String directory = config.get("work_dir").requiredString(problems);
        problems.throwIfAny();
        return Path.of(directory);
    }
}
