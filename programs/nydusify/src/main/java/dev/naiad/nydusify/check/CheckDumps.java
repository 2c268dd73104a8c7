package dev.naiad.nydusify.check;

import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The manifests and configs that were checked, in the working directory for inspection at them.
 * What else is in that directory stays.
 */
final class CheckDumps {
    private final Path work;

    CheckDumps(Path work) {
        this.work = work;
    }

    /**
     * Writes those of an image.
     *
     * @param side {@code source} or {@code target}
     */
    void write(String side, PlatformImage image) {
        Path directory = work.resolve(side);
        String kind = image.isNydus() ? "nydus" : "oci";
        try {
            Files.createDirectories(directory);
            Files.write(directory.resolve(kind + "_manifest.json"), image.manifestBytes());
            Files.write(directory.resolve(kind + "_config.json"), image.configBytes());
        } catch (IOException e) {
            throw WorkDir.failed(directory, e);
        }
    }
}
