package dev.naiad.nydusify.optimize;

import dev.naiad.backend.Backend;
import dev.naiad.backend.store.WritableBackend;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.builder.rewrite.PrefetchFile;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.pull.BlobBytes;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.NydusBootstrap;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.PieceSizes;
import dev.naiad.convert.remote.Registries;
import dev.naiad.convert.storage.BackendFlags;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify optimize}: an image with one blob more, which holds what a container needs first,
 * and a bootstrap that knows it. Data are read from the source.
 */
public final class NydusifyOptimizeCommand {
    private static final Logger LOG = LoggerFactory.getLogger(NydusifyOptimizeCommand.class);
    private static final int BLOBS_AT_ONCE = 5;

    private final ProgramContext context;

    public NydusifyOptimizeCommand(ProgramContext context) {
        this.context = context;
    }

    public int run(CommandLine line) throws Exception {
        ImageReference from = ImageReference.parse(line.get("source"));
        ImageReference to = ImageReference.parse(line.get("target"));
        Path list = Path.of(line.get("prefetch-files"));
        byte[] listed = read(list);
        Optional<BackendFlags.Choice> choice = backend(line);
        Platform platform =
                line.find("platform")
                        .filter(text -> !text.isEmpty())
                        .map(Platform::parse)
                        .orElseGet(Platform::host);
        var registries =
                Registries.of(context, line.flag("plain-http"))
                        .withPieces(PieceSizes.parse(line.get("push-chunk-size")));
        try (var life = new Lifecycle("optimize")) {
            var work = life.own(new WorkDir(Path.of(line.get("work-dir"))));
            ImageSource source = life.own(registries.source(from, line.flag("source-insecure")));
            ImageTarget target = life.own(registries.target(to, line.flag("target-insecure")));
            var progress = life.own(new ConversionProgress(context.err(), false));
            NydusBootstrap image;
            try {
                image = NydusBootstrap.fetch(source, from.manifestKey(), platform, from.toString());
            } catch (NaiadException e) {
                throw Registries.hint(e, "source");
            }
            Optional<Backend> backend =
                    choice.map(named -> life.own(registries.backends().open(named.config())));
            // An image that lists no blobs is read from its backend, which needs the new one too.
            boolean unlisted = image.image().manifest().layers().size() == 1;
            Optional<WritableBackend> store =
                    choice.filter(_ -> unlisted)
                            .map(
                                    named ->
                                            life.own(
                                                    registries
                                                            .backends()
                                                            .openWritable(named.config())));
            try {
                target.prepare();
                PushedImage pushed =
                        new SeparatedImage(
                                        target,
                                        new ImageCopier(source, target, progress, BLOBS_AT_ONCE),
                                        store,
                                        work.file("prefetch-"))
                                .write(
                                        image,
                                        backend.map(BlobBytes::of)
                                                .orElseGet(
                                                        () ->
                                                                BlobBytes.of(
                                                                        source,
                                                                        image.image()
                                                                                .manifest()
                                                                                .layers())),
                                        PrefetchFile.parse(list.toString(), listed),
                                        listed);
                target.putManifest(
                        to.tag().orElse("latest"),
                        pushed.mediaType(),
                        pushed.manifest(),
                        Deadline.never());
            } catch (NaiadException e) {
                throw Registries.hint(e, "target");
            }
            LOG.info("optimized image {} to {}", from, to);
            return 0;
        }
    }

    /** compat: with localfs the original pulls the blobs by itself, and needs no directory. */
    private static Optional<BackendFlags.Choice> backend(CommandLine line) {
        boolean local = line.find("source-backend-type").filter("localfs"::equals).isPresent();
        boolean configured =
                line.find("source-backend-config").filter(text -> !text.isBlank()).isPresent()
                        || line.find("source-backend-config-file")
                                .filter(text -> !text.isEmpty())
                                .isPresent();
        return local && !configured ? Optional.empty() : BackendFlags.parse(line, "source-");
    }

    private static byte[] read(Path list) {
        try {
            return Files.readAllBytes(list);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND, IoReason.after("--prefetch-files " + list, e), e);
        }
    }
}
