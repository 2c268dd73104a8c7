package dev.naiad.convert.check;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.auth.DockerConfig;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.rafs.Bootstrap;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify check}: the rules of manifest and bootstrap, read from the registry; nothing is
 * mounted.
 */
public final class CheckCommand {
    private static final Logger LOG = LoggerFactory.getLogger(CheckCommand.class);

    private final ProgramContext context;

    public CheckCommand(ProgramContext context) {
        this.context = context;
    }

    public int run(CommandLine line) {
        ImageReference target = ImageReference.parse(line.get("target"));
        List<Platform> platforms =
                line.all("platform").isEmpty()
                        ? List.of(Platform.host())
                        : line.all("platform").stream().map(Platform::parse).toList();
        Predicate<Platform> wanted =
                platform -> platforms.stream().anyMatch(p -> p.accepts(platform));
        var registries =
                new Registries(
                        context.env(),
                        DockerConfig.fromEnvironment(context.env()),
                        line.flag("plain-http"));
        try (var repository = registries.source(target, line.flag("target-insecure"))) {
            PlatformImage image = resolve(repository, target, wanted, "target");
            checkManifest(image);
            LOG.info("verified manifest of {}", target);
            Bootstrap bootstrap = new BootstrapRules(repository).check(image);
            LOG.info("verified bootstrap of {}", target);
            if (!image.manifest().layers().stream().limit(1).allMatch(CheckCommand::inRegistry)) {
                LOG.warn("the blobs of {} are not in its repository and are not checked", target);
            } else {
                LOG.info(
                        "verified {} chunks of {}",
                        new BlobRules(repository).check(bootstrap),
                        target);
            }
            var source = line.find("source").filter(text -> !text.isEmpty());
            if (source.isPresent()) {
                ImageReference reference = ImageReference.parse(source.get());
                try (var from = registries.source(reference, line.flag("source-insecure"))) {
                    PlatformImage original = resolve(from, reference, wanted, "source");
                    compareRuntime(original, image);
                    Bootstrap tree = SourceTree.read(from, original, bootstrap);
                    long entries = new TreeRules(tree, bootstrap).check(bootstrap);
                    LOG.info("verified {} entries against {}", entries, reference);
                }
            }
        }
        return 0;
    }

    private static PlatformImage resolve(
            ImageSource repository,
            ImageReference reference,
            Predicate<Platform> wanted,
            String side) {
        try {
            return SourceImage.resolve(
                            repository, reference.manifestKey(), wanted, Deadline.never())
                    .images()
                    .getFirst();
        } catch (NaiadException e) {
            throw Registries.hint(e, side);
        }
    }

    /** Not so in images of a storage backend, or of references to OCI layers. */
    private static boolean inRegistry(Descriptor layer) {
        return layer.mediaType().equals(MediaTypes.NYDUS_BLOB)
                && !layer.annotations().containsKey(NydusAnnotations.REF);
    }

    private static void checkManifest(PlatformImage image) {
        Manifest manifest = image.manifest();
        if (!manifest.isNydus()) {
            throw failed("manifest", "the last layer is no Nydus bootstrap");
        }
        for (Descriptor layer : manifest.layers().subList(0, manifest.layers().size() - 1)) {
            if (!layer.mediaType().equals(MediaTypes.NYDUS_BLOB)
                    || !layer.annotations()
                            .getOrDefault(NydusAnnotations.BLOB, "")
                            .equals("true")) {
                throw failed("manifest", "layer " + layer.digest() + " is no Nydus blob");
            }
        }
        int diffIds = image.config().diffIds().size();
        if (diffIds != manifest.layers().size()) {
            throw failed(
                    "manifest",
                    manifest.layers().size()
                            + " layers, but "
                            + diffIds
                            + " diff ids in the config");
        }
    }

    private static void compareRuntime(PlatformImage source, PlatformImage target) {
        var wanted = source.config().runtime().without("ArgsEscaped");
        var found = target.config().runtime().without("ArgsEscaped");
        if (!wanted.equals(found)) {
            throw failed("manifest", "the runtime configuration differs from the source's");
        }
    }

    static NaiadException failed(String rule, String why) {
        return new NaiadException(
                ErrorKind.FAILED_PRECONDITION, "validate " + rule + " failed: " + why);
    }
}
