package dev.naiad.nydusify.check;

import dev.naiad.backend.Backend;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.BlobBytes;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.remote.Registries;
import dev.naiad.convert.storage.BackendFlags;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The source or the target of a check: its repository and where its blobs are. */
final class CheckSide implements AutoCloseable {
    private final String side;
    private final ImageReference reference;
    private final boolean insecure;
    private final ImageSource source;
    private final Optional<BackendFlags.Choice> choice;
    private final Optional<Backend> backend;

    private CheckSide(
            String side,
            ImageReference reference,
            boolean insecure,
            ImageSource source,
            Optional<BackendFlags.Choice> choice,
            Optional<Backend> backend) {
        this.side = side;
        this.reference = reference;
        this.insecure = insecure;
        this.source = source;
        this.choice = choice;
        this.backend = backend;
    }

    /**
     * Opens it.
     *
     * @param side {@code source} or {@code target}
     */
    static CheckSide open(CommandLine line, Registries registries, String side) {
        ImageReference reference = ImageReference.parse(line.get(side));
        boolean insecure = line.flag(side + "-insecure");
        Optional<BackendFlags.Choice> choice = BackendFlags.parse(line, side + "-");
        Optional<Backend> backend = choice.map(named -> registries.backends().open(named.config()));
        return new CheckSide(
                side, reference, insecure, registries.source(reference, insecure), choice, backend);
    }

    ImageReference reference() {
        return reference;
    }

    boolean insecure() {
        return insecure;
    }

    ImageSource source() {
        return source;
    }

    Optional<BackendFlags.Choice> backend() {
        return choice;
    }

    /** The images for the wanted platforms. */
    List<PlatformImage> images(Predicate<Platform> wanted) {
        try {
            return SourceImage.resolve(source, reference.manifestKey(), wanted, Deadline.never())
                    .images();
        } catch (NaiadException e) {
            throw Registries.hint(e, side);
        }
    }

    BlobBytes blobs(PlatformImage image) {
        return backend.map(BlobBytes::of)
                .orElseGet(() -> BlobBytes.of(source, image.manifest().layers()));
    }

    @Override
    public void close() {
        try (source) {
            backend.ifPresent(Backend::close);
        }
    }
}
