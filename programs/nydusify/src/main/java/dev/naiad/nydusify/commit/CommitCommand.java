package dev.naiad.nydusify.commit;

import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.cli.UsageException;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.containerdapi.containers.Container;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.NydusBootstrap;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify commit}: the changes of a running container become an image. The container stands
 * still only while they are copied on this machine; building and pushing come afterwards.
 */
public final class CommitCommand {
    private static final Logger LOG = LoggerFactory.getLogger(CommitCommand.class);
    private static final String SNAPSHOTTER = "nydus";
    private static final int BLOBS_AT_ONCE = 5;

    private final ProgramContext context;

    public CommitCommand(ProgramContext context) {
        this.context = context;
    }

    /** Archives of what is taken along, by the names of their places. */
    private record Captured(Path upper, Map<Path, Path> mounted) {}

    public int run(CommandLine line) throws Exception {
        // A signal must not end us while the container stands still.
        context.stop().watch();
        ImageReference to = ImageReference.parse(line.get("target"));
        if (to.digest().isPresent()) {
            throw new UsageException("--target: a digest cannot be chosen, give a tag");
        }
        PathList paths = PathList.parse(line.all("with-path"));
        var registries = Registries.of(context, line.flag("plain-http"));
        try (var life = new Lifecycle("commit")) {
            var work = life.own(new WorkDir(Path.of(line.get("work-dir"))));
            var containerd =
                    life.own(
                            new ContainerdTasks(
                                    Path.of(line.get("containerd-address")),
                                    line.get("namespace")));
            Container container = containerd.find(line.get("container"));
            var resumption =
                    new Resumption(
                            Path.of(line.get("containerd-address")),
                            line.get("namespace"),
                            container.getId());
            Standstill.recover(container, resumption);
            if (!container.getSnapshotter().equals(SNAPSHOTTER)) {
                throw new NaiadException(
                        ErrorKind.FAILED_PRECONDITION,
                        "container "
                                + container.getId()
                                + " is of snapshotter "
                                + container.getSnapshotter()
                                + ", not "
                                + SNAPSHOTTER);
            }
            ImageReference from = ImageReference.parse(container.getImage());
            ImageSource source = life.own(registries.source(from, line.flag("source-insecure")));
            ImageTarget target = life.own(registries.target(to, line.flag("target-insecure")));
            NydusBootstrap base = base(containerd, container, from, source);
            check(base, line.number("maximum-times"));
            var progress = life.own(new ConversionProgress(context.err(), false));
            try {
                target.prepare();
                var copier = new ImageCopier(source, target, progress, BLOBS_AT_ONCE);
                List<Descriptor> layers = base.image().manifest().layers();
                layers.subList(0, layers.size() - 1).forEach(copier::copyBlob);
                Captured captured = capture(containerd, container, resumption, paths, work);
                var image = new CommittedImage(base, target);
                image.add(
                        "the container's changes", captured.upper(), WhiteoutSpec.OVERLAYFS, false);
                captured.mounted()
                        .forEach(
                                (path, archive) ->
                                        image.add(
                                                path.toString(), archive, WhiteoutSpec.NONE, true));
                PushedImage pushed = image.write();
                target.putManifest(
                        to.tag().orElse("latest"),
                        pushed.mediaType(),
                        pushed.manifest(),
                        Deadline.never());
            } catch (NaiadException e) {
                throw Registries.hint(e, "target");
            }
            LOG.info("committed container {} to {}", container.getId(), to);
            return 0;
        }
    }

    /** The image that the container runs, even if its tag has moved meanwhile. */
    private static NydusBootstrap base(
            ContainerdTasks containerd,
            Container container,
            ImageReference from,
            ImageSource source) {
        String key = containerd.digest(container.getImage()).orElseGet(from::manifestKey);
        try {
            return NydusBootstrap.fetch(source, key, Platform.host(), from.toString());
        } catch (NaiadException e) {
            throw Registries.hint(e, "source");
        }
    }

    private static void check(NydusBootstrap base, long maximum) {
        int commits = CommittedImage.commits(base).size();
        if (commits >= maximum) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    "commits have added "
                            + commits
                            + " layers to the image already, and --maximum-times is "
                            + maximum);
        }
        if (base.image().manifest().layers().size() == 1 && !base.bootstrap().blobs().isEmpty()) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    "the blobs of the container's image are in a storage backend; copy it with"
                            + " nydusify copy --source-backend-type first");
        }
    }

    private static Captured capture(
            ContainerdTasks containerd,
            Container container,
            Resumption resumption,
            PathList paths,
            WorkDir work)
            throws InterruptedException, IOException {
        String id = container.getId();
        Path upper = containerd.upper(container);
        Path root = Path.of("/proc", Integer.toString(containerd.pid(id)), "root");
        var capture = new Capture(work, paths.without());
        try (var _ = Standstill.begin(containerd, resumption)) {
            var with = new LinkedHashSet<>(paths.with());
            with.addAll(UpperScan.incomplete(upper));
            Path changes = capture.upper(upper);
            var mounted = new LinkedHashMap<Path, Path>();
            for (Path path : new ArrayList<>(with)) {
                mounted.put(path, capture.mounted(root, path));
            }
            return new Captured(changes, mounted);
        }
    }
}
