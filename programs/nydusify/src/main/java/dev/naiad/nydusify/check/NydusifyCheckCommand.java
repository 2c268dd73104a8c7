package dev.naiad.nydusify.check;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.UsageException;
import dev.naiad.convert.model.ModelArtifact;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.remote.Registries;
import dev.naiad.nydusify.mount.ImageToMount;
import dev.naiad.oci.image.Platform;
import dev.naiad.rafs.Bootstrap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify check}: the rules of manifest, bootstrap, blobs and file system. The trees are
 * compared as the images tell them, every chunk read; where that is possible, also as nydusd shows
 * the target.
 */
public final class NydusifyCheckCommand {
    private static final Logger LOG = LoggerFactory.getLogger(NydusifyCheckCommand.class);

    private final ProgramContext context;

    public NydusifyCheckCommand(ProgramContext context) {
        this.context = context;
    }

    public int run(CommandLine line) throws InterruptedException {
        // A signal must not end us before a mount is gone.
        context.stop().watch();
        boolean multi = line.flag("multi-platform");
        Predicate<Platform> wanted = wanted(line, multi);
        Optional<MountRules> mounts =
                line.flag("no-mount")
                        ? Optional.empty()
                        : MountRules.find(
                                context, line.find("nydusd"), Path.of(line.get("work-dir")));
        var registries = Registries.of(context, line.flag("plain-http"));
        var dumps = new CheckDumps(Path.of(line.get("work-dir")));
        try (var target = CheckSide.open(line, registries, "target")) {
            Map<String, List<PlatformImage>> platforms = byPlatform(target.images(wanted));
            Optional<String> source = line.find("source").filter(text -> !text.isEmpty());
            if (source.isEmpty()) {
                for (var images : platforms.values()) {
                    var _ = checkTarget(target, nydus(images, target), dumps);
                }
                return 0;
            }
            try (var from = CheckSide.open(line, registries, "source")) {
                Map<String, List<PlatformImage>> originals = byPlatform(from.images(wanted));
                for (var each : platforms.entrySet()) {
                    PlatformImage image = nydus(each.getValue(), target);
                    Bootstrap bootstrap = checkTarget(target, image, dumps);
                    PlatformImage original = original(originals, each.getKey(), from);
                    dumps.write("source", original);
                    checkPlain(each.getValue(), original, target, multi);
                    ManifestRules.compareRuntime(original, image);
                    Bootstrap tree = SourceImageTree.read(from, original, bootstrap);
                    long entries = new TreeRules(tree, bootstrap).check(bootstrap);
                    LOG.info("verified {} entries against {}", entries, from.reference());
                    if (mounts.isPresent()) {
                        Bootstrap whole =
                                ModelArtifact.isOne(original.manifest())
                                        ? SourceImageTree.content(from, original, bootstrap)
                                        : tree;
                        long seen =
                                mounts.get().check(request(line, target, image), whole, bootstrap);
                        LOG.info("verified {} entries of the mounted image", seen);
                    }
                }
            }
        }
        return 0;
    }

    private static ImageToMount request(CommandLine line, CheckSide target, PlatformImage image) {
        return new ImageToMount(
                target.reference(),
                platform(image),
                target.insecure(),
                line.flag("plain-http"),
                target.backend(),
                true);
    }

    private static Predicate<Platform> wanted(CommandLine line, boolean multi) {
        List<String> names = line.all("platform");
        if (names.size() > 1 && !multi) {
            throw new UsageException("--platform: one platform, or --multi-platform for several");
        }
        if (names.isEmpty()) {
            return multi ? platform -> !platform.os().equals("unknown") : Platform.host()::accepts;
        }
        List<Platform> platforms = names.stream().map(Platform::parse).toList();
        return platform -> platforms.stream().anyMatch(p -> p.accepts(platform));
    }

    private static Platform platform(PlatformImage image) {
        return image.descriptor().platform().orElseGet(() -> image.config().platform());
    }

    private static Map<String, List<PlatformImage>> byPlatform(List<PlatformImage> images) {
        var found = new LinkedHashMap<String, List<PlatformImage>>();
        for (PlatformImage image : images) {
            // compat: old indices mark the Nydus image by an OS feature, which is no other
            // platform.
            Platform platform = platform(image);
            String key = platform.os() + "/" + platform.architecture() + "/" + platform.variant();
            found.computeIfAbsent(key, _ -> new ArrayList<>()).add(image);
        }
        return found;
    }

    /** The Nydus image among those for a platform, which in a mixed index may stand anywhere. */
    private static PlatformImage nydus(List<PlatformImage> images, CheckSide target) {
        return images.stream()
                .filter(PlatformImage::isNydus)
                .findFirst()
                .orElseThrow(
                        () ->
                                CheckFailure.of(
                                        "manifest",
                                        target.reference()
                                                + " has no Nydus image for "
                                                + platform(images.getFirst())
                                                + ": the last layer is not a Nydus bootstrap"));
    }

    /** The source's image for a platform; a single one counts whatever it is for. */
    private static PlatformImage original(
            Map<String, List<PlatformImage>> originals, String platform, CheckSide from) {
        List<PlatformImage> images = originals.get(platform);
        if (images == null && originals.size() == 1) {
            images = originals.values().iterator().next();
        }
        if (images == null) {
            throw CheckFailure.of("manifest", from.reference() + " has no image for " + platform);
        }
        List<PlatformImage> all = images;
        return all.stream().filter(image -> !image.isNydus()).findFirst().orElseGet(all::getFirst);
    }

    private static void checkPlain(
            List<PlatformImage> images, PlatformImage original, CheckSide target, boolean both) {
        List<PlatformImage> plain = images.stream().filter(image -> !image.isNydus()).toList();
        if (plain.isEmpty() && both) {
            throw CheckFailure.of(
                    "manifest",
                    target.reference()
                            + " has no plain image beside the Nydus one for "
                            + platform(images.getFirst()));
        }
        for (PlatformImage image : plain) {
            ManifestRules.checkDiffIds(image);
            if (!original.isNydus()) {
                ManifestRules.comparePlain(original, image);
            }
        }
    }

    private static Bootstrap checkTarget(CheckSide target, PlatformImage image, CheckDumps dumps)
            throws InterruptedException {
        dumps.write("target", image);
        ManifestRules.checkNydus(image);
        LOG.info("verified manifest of {}", target.reference());
        Bootstrap bootstrap = new BootstrapRules(target.source()).check(image);
        LOG.info("verified bootstrap of {}", target.reference());
        boolean listed = image.manifest().layers().size() > 1;
        if (!listed && target.backend().isEmpty() && !bootstrap.blobs().isEmpty()) {
            LOG.warn(
                    "the blobs of {} are not in its repository and are not checked; name their"
                            + " backend with --target-backend-type",
                    target.reference());
        } else {
            LOG.info(
                    "verified {} chunks of {}",
                    new BlobRules(target.blobs(image)).check(bootstrap),
                    target.reference());
        }
        return bootstrap;
    }
}
