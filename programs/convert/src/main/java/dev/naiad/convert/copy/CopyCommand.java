package dev.naiad.convert.copy;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.Progress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.auth.DockerConfig;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code nydusify copy}: an image from one registry to another, byte for byte. */
public final class CopyCommand {
    private static final Logger LOG = LoggerFactory.getLogger(CopyCommand.class);
    private static final int BLOBS_AT_ONCE = 5;

    private final ProgramContext context;

    public CopyCommand(ProgramContext context) {
        this.context = context;
    }

    public int run(CommandLine line) throws Exception {
        ImageReference from = ImageReference.parse(line.get("source"));
        ImageReference to = ImageReference.parse(line.get("target"));
        List<Platform> platforms =
                line.all("platform").isEmpty()
                        ? List.of(Platform.host())
                        : line.all("platform").stream().map(Platform::parse).toList();
        boolean all = line.flag("all-platforms");
        Predicate<Platform> wanted =
                platform -> all || platforms.stream().anyMatch(p -> p.accepts(platform));
        var registries =
                new Registries(
                        context.env(),
                        DockerConfig.fromEnvironment(context.env()),
                        line.flag("plain-http"));
        try (var source = registries.source(from, line.flag("source-insecure"));
                var target = registries.target(to, line.flag("target-insecure"));
                var progress =
                        new Progress(
                                context.err(),
                                Progress.onTerminal(
                                        context.err(), context.variable("TERM").orElse("")))) {
            SourceImage image;
            try {
                image = SourceImage.resolve(source, from.manifestKey(), wanted, Deadline.never());
            } catch (NaiadException e) {
                throw Registries.hint(e, "source");
            }
            progress.start();
            var copier = new ImageCopier(source, target, progress, BLOBS_AT_ONCE);
            var copied = new ArrayList<PushedImage>();
            for (var each : image.images()) {
                try {
                    copied.add(copier.copy(each));
                } catch (NaiadException e) {
                    throw Registries.hint(e, "target");
                }
            }
            String tag = to.tag().orElse("latest");
            if (copied.size() == 1) {
                target.putManifest(
                        tag,
                        copied.getFirst().mediaType(),
                        copied.getFirst().manifest(),
                        Deadline.never());
            } else {
                String type = image.indexType().orElseThrow();
                byte[] index =
                        ImageIndex.of(type, copied.stream().map(PushedImage::descriptor).toList())
                                .toJson();
                target.putManifest(tag, type, index, Deadline.never());
            }
            LOG.info("copied image {} to {}", from, to);
            return 0;
        }
    }
}
