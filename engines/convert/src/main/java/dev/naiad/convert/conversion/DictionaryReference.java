package dev.naiad.convert.conversion;

import dev.naiad.base.cli.UsageException;
import dev.naiad.oci.ref.ImageReference;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a chunk dictionary is: an image of a registry, or a bootstrap on this machine.
 *
 * @param image exactly one of the two is there
 * @param insecure any certificate of the registry is accepted
 */
record DictionaryReference(
        Optional<ImageReference> image, Optional<Path> bootstrap, boolean insecure) {
    /** Reads {@code bootstrap:registry:REF} or {@code bootstrap:local:PATH}. */
    static DictionaryReference parse(String text, boolean insecure) {
        String[] parts = text.split(":", 3);
        if (parts.length == 3 && parts[0].equals("bootstrap") && !parts[2].isEmpty()) {
            switch (parts[1]) {
                case "registry" -> {
                    return new DictionaryReference(
                            Optional.of(ImageReference.parse(parts[2])),
                            Optional.empty(),
                            insecure);
                }
                case "local" -> {
                    return new DictionaryReference(
                            Optional.empty(), Optional.of(Path.of(parts[2])), insecure);
                }
                default -> {}
            }
        }
        throw new UsageException(
                "--chunk-dict: "
                        + text
                        + " is neither bootstrap:registry:REFERENCE nor bootstrap:local:PATH");
    }
}
