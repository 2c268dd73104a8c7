package dev.naiad.nydusify.mount;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.remote.Registries;
import dev.naiad.convert.storage.BackendFlags;
import dev.naiad.oci.auth.DockerConfig;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Which image is to be mounted, and where its blobs are. */
public record ImageToMount(
        ImageReference reference,
        Platform platform,
        boolean insecure,
        boolean plainHttp,
        Optional<BackendFlags.Choice> backend,
        boolean prefetch) {

    /** Fetches bootstrap and manifest, and writes what nydusd needs. */
    void pull(ProgramContext context, NydusdFiles files) {
        var credentials = DockerConfig.fromEnvironment(context.env());
        var registries = new Registries(context.env(), context.clock(), credentials, plainHttp);
        try (var repository = registries.source(reference, insecure)) {
            PlatformImage image =
                    SourceImage.resolve(
                                    repository,
                                    reference.manifestKey(),
                                    platform::accepts,
                                    Deadline.never())
                            .nydus()
                            .orElseThrow(
                                    () ->
                                            new NaiadException(
                                                    ErrorKind.FAILED_PRECONDITION,
                                                    reference
                                                            + " is not a Nydus image: its last layer is"
                                                            + " no bootstrap"));
            byte[] bytes = BootstrapArchive.fetch(repository, image, Deadline.never());
            Bootstrap bootstrap =
                    BootstrapReader.open(
                            MemorySegment.ofArray(bytes), NydusAnnotations.BOOTSTRAP_PATH);
            files.write(
                    image,
                    bytes,
                    new NydusdConfigText(context.env(), backend, insecure, prefetch)
                            .of(
                                    registries.scheme(reference),
                                    reference,
                                    credentials.of(reference.domain()),
                                    bootstrap.version(),
                                    files.cache()));
        } catch (NaiadException e) {
            throw Registries.hint(e, "target");
        }
    }
}
