package dev.naiad.nydusify.copy;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.convert.archive.ArchiveSource;
import dev.naiad.convert.archive.ArchiveTarget;
import dev.naiad.convert.copy.BackendImage;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.PieceSizes;
import dev.naiad.convert.remote.Registries;
import dev.naiad.convert.storage.BackendFlags;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify copy}: an image from one registry or archive to another, byte for byte; or one
 * whose blobs are in a storage backend to one that has them.
 */
public final class CopyCommand {
    private static final Logger LOG = LoggerFactory.getLogger(CopyCommand.class);
    private static final int BLOBS_AT_ONCE = 5;
    private static final String FILE = "file://";

    private final ProgramContext context;

    public CopyCommand(ProgramContext context) {
        this.context = context;
    }

    public int run(CommandLine line) throws Exception {
        String from = line.get("source");
        String to = line.get("target");
        if (from.startsWith(FILE) && to.startsWith(FILE)) {
            throw new UsageException("copy: one of --source and --target is an image reference");
        }
        Predicate<Platform> wanted = wanted(line);
        var registries =
                Registries.of(context, line.flag("plain-http"))
                        .withPieces(PieceSizes.parse(line.get("push-chunk-size")));
        Optional<BackendFlags.Choice> choice = BackendFlags.parse(line, "source-");
        try (var life = new Lifecycle("copy")) {
            var work = life.own(new WorkDir(Path.of(line.get("work-dir"))));
            ImageSource source = life.own(source(line, from, registries, work));
            ImageTarget target = life.own(target(line, from, to, registries, work));
            var progress =
                    life.own(
                            new ConversionProgress(
                                    context.err(),
                                    ConversionProgress.onTerminal(
                                            context.err(), context.variable("TERM").orElse(""))));
            SourceImage image;
            try {
                String key =
                        from.startsWith(FILE) ? "latest" : ImageReference.parse(from).manifestKey();
                image = SourceImage.resolve(source, key, wanted, Deadline.never());
            } catch (NaiadException e) {
                throw Registries.hint(e, "source");
            }
            try {
                target.prepare();
                progress.start();
                var copier = new ImageCopier(source, target, progress, BLOBS_AT_ONCE);
                Optional<BackendImage> backend =
                        choice.map(
                                named ->
                                        new BackendImage(
                                                life.own(
                                                        registries.backends().open(named.config())),
                                                source,
                                                target,
                                                progress,
                                                BLOBS_AT_ONCE));
                var copied = new ArrayList<PushedImage>();
                for (PlatformImage each : image.images()) {
                    copied.add(copy(each, copier, backend));
                }
                tag(image, copied, target, tag(to));
            } catch (NaiadException e) {
                throw Registries.hint(e, "target");
            }
            LOG.info("copied image {} to {}", from, to);
            return 0;
        }
    }

    private static PushedImage copy(
            PlatformImage image, ImageCopier copier, Optional<BackendImage> backend)
            throws InterruptedException {
        if (backend.isEmpty()) {
            return copier.copy(image);
        }
        if (!image.isNydus()) {
            LOG.warn(
                    "image {} is not a Nydus image and is copied as it is",
                    image.descriptor().digest());
            return copier.copy(image);
        }
        return backend.get().copy(image);
    }

    /** One image keeps its manifest; several keep their index, if they are all of it. */
    private static void tag(
            SourceImage image, List<PushedImage> copied, ImageTarget target, String tag) {
        if (copied.size() == 1) {
            PushedImage only = copied.getFirst();
            target.putManifest(tag, only.mediaType(), only.manifest(), Deadline.never());
            return;
        }
        String type = image.indexType().orElseThrow();
        boolean unchanged =
                image.isWhole()
                        && image.images().stream()
                                .map(PlatformImage::descriptor)
                                .toList()
                                .equals(copied.stream().map(PushedImage::descriptor).toList());
        byte[] index =
                unchanged
                        ? image.indexBytes()
                        : ImageIndex.of(type, copied.stream().map(PushedImage::descriptor).toList())
                                .toJson();
        target.putManifest(tag, type, index, Deadline.never());
    }

    private static Predicate<Platform> wanted(CommandLine line) {
        List<Platform> platforms =
                line.all("platform").isEmpty()
                        ? List.of(Platform.host())
                        : line.all("platform").stream().map(Platform::parse).toList();
        boolean all = line.flag("all-platforms");
        return platform -> all || platforms.stream().anyMatch(p -> p.accepts(platform));
    }

    private static ImageSource source(
            CommandLine line, String from, Registries registries, WorkDir work) {
        return from.startsWith(FILE)
                ? ArchiveSource.open(path(from), Optional.empty(), work)
                : registries.source(ImageReference.parse(from), line.flag("source-insecure"));
    }

    private static ImageTarget target(
            CommandLine line, String from, String to, Registries registries, WorkDir work) {
        return to.startsWith(FILE)
                ? new ArchiveTarget(path(to), ImageReference.parse(from).toString(), work)
                : registries.target(ImageReference.parse(to), line.flag("target-insecure"));
    }

    private static Path path(String url) {
        return Path.of(url.substring(FILE.length()));
    }

    private static String tag(String to) {
        return to.startsWith(FILE) ? "latest" : ImageReference.parse(to).tag().orElse("latest");
    }
}
