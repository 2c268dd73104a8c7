package dev.naiad.nydusify.chunkdict;

import dev.naiad.backend.Backend;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.CommandLine;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.builder.MergedImage;
import dev.naiad.builder.dictionary.ChunkDictionaryMaker;
import dev.naiad.builder.dictionary.DictionarySource;
import dev.naiad.convert.copy.BackendImage;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.push.RewrittenImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.remote.Registries;
import dev.naiad.convert.storage.BackendFlags;
import dev.naiad.layers.BootstrapLayer;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.oci.image.Platform;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code nydusify chunkdict generate}: a dictionary image from several images, as {@code convert
 * --chunk-dict bootstrap:registry:REF} takes it.
 */
public final class NydusifyChunkdictCommand {
    private static final Logger LOG = LoggerFactory.getLogger(NydusifyChunkdictCommand.class);
    private static final int BLOBS_AT_ONCE = 5;

    private final ProgramContext context;

    public NydusifyChunkdictCommand(ProgramContext context) {
        this.context = context;
    }

    /** One image that chunks are looked for in. */
    private record Member(ImageSource source, PlatformImage image) {}

    public int run(CommandLine line) throws Exception {
        Optional<CommandLine> command = line.command();
        if (command.isEmpty()) {
            context.out().println(line.help(List.of("nydusify")));
            return 0;
        }
        return generate(command.get());
    }

    private int generate(CommandLine line) throws Exception {
        List<ImageReference> references =
                line.all("sources").stream().map(ImageReference::parse).toList();
        ImageReference to = ImageReference.parse(line.get("target"));
        Optional<BackendFlags.Choice> choice = BackendFlags.parse(line, "");
        Predicate<Platform> wanted = wanted(line);
        var registries = Registries.of(context, line.flag("plain-http"));
        try (var life = new Lifecycle("chunkdict")) {
            var members = new ArrayList<Member>();
            var sources = new ArrayList<DictionarySource>();
            for (ImageReference reference : references) {
                ImageSource source =
                        life.own(registries.source(reference, line.flag("source-insecure")));
                add(reference, source, wanted, members, sources);
            }
            MergedImage dictionary = ChunkDictionaryMaker.make(sources, List.of());
            ImageTarget target = life.own(registries.target(to, line.flag("target-insecure")));
            Optional<Backend> backend =
                    choice.map(named -> life.own(registries.backends().open(named.config())));
            var progress = life.own(new ConversionProgress(context.err(), false));
            try {
                target.prepare();
                PushedImage pushed = push(dictionary, members, target, backend, progress);
                target.putManifest(
                        to.tag().orElse("latest"),
                        pushed.mediaType(),
                        pushed.manifest(),
                        Deadline.never());
            } catch (NaiadException e) {
                throw Registries.hint(e, "target");
            }
            LOG.info(
                    "made dictionary {} of {} images: {} blobs",
                    to,
                    members.size(),
                    dictionary.blobs().size());
            return 0;
        }
    }

    private static void add(
            ImageReference reference,
            ImageSource source,
            Predicate<Platform> wanted,
            List<Member> members,
            List<DictionarySource> sources) {
        try {
            List<PlatformImage> images =
                    SourceImage.resolve(source, reference.manifestKey(), wanted, Deadline.never())
                            .images()
                            .stream()
                            .filter(PlatformImage::isNydus)
                            .toList();
            if (images.isEmpty()) {
                throw new NaiadException(
                        ErrorKind.FAILED_PRECONDITION,
                        reference + " is not a Nydus image: its last layer is not a bootstrap");
            }
            for (PlatformImage image : images) {
                members.add(new Member(source, image));
                String path = reference.path();
                sources.add(
                        new DictionarySource(
                                path.substring(path.lastIndexOf('/') + 1),
                                reference.tag().orElse(""),
                                "bootstrap of " + reference,
                                use -> use.accept(bootstrap(reference, source, image))));
            }
        } catch (NaiadException e) {
            throw Registries.hint(e, "source");
        }
    }

    private static Bootstrap bootstrap(
            ImageReference reference, ImageSource source, PlatformImage image) {
        try {
            byte[] bootstrap =
                    BootstrapArchive.fetch(
                            source,
                            image.manifest().layers().getLast(),
                            image.config().diffIds().getLast(),
                            Deadline.never());
            return BootstrapReader.open(
                    MemorySegment.ofArray(bootstrap), "bootstrap of " + reference);
        } catch (NaiadException e) {
            throw Registries.hint(e, "source");
        }
    }

    private static PushedImage push(
            MergedImage dictionary,
            List<Member> members,
            ImageTarget target,
            Optional<Backend> backend,
            ConversionProgress progress) {
        var layers = new ArrayList<Descriptor>();
        var diffIds = new ArrayList<Digest>();
        for (BlobInfo blob : dictionary.blobs()) {
            Digest digest = Digest.sha256(blob.id());
            layers.add(blob(digest, members, target, backend, progress));
            diffIds.add(digest);
        }
        BootstrapLayer packed = BootstrapLayer.pack(dictionary.bootstrap(), Map.of());
        target.putBlob(packed.digest(), packed.gzip(), Deadline.never());
        layers.add(
                Descriptor.of(MediaTypes.DOCKER_LAYER_GZIP, packed.digest(), packed.gzip().length)
                        .withAnnotation(NydusAnnotations.BOOTSTRAP, "true")
                        .withAnnotation(NydusAnnotations.FS_VERSION, dictionary.version().word()));
        diffIds.add(packed.diffId());
        PlatformImage first = members.getFirst().image();
        return RewrittenImage.write(
                target,
                first,
                layers,
                first.config().withDiffIds(diffIds),
                first.manifest().annotations());
    }

    /** Takes a blob of the dictionary from the image that lists it, or from the backend. */
    private static Descriptor blob(
            Digest digest,
            List<Member> members,
            ImageTarget target,
            Optional<Backend> backend,
            ConversionProgress progress) {
        for (Member member : members) {
            for (Descriptor layer : member.image().manifest().layers()) {
                if (layer.digest().equals(digest)) {
                    new ImageCopier(member.source(), target, progress, BLOBS_AT_ONCE)
                            .copyBlob(layer);
                    return layer;
                }
            }
        }
        return backend.map(
                        open ->
                                new BackendImage(
                                                open,
                                                members.getFirst().source(),
                                                target,
                                                progress,
                                                BLOBS_AT_ONCE)
                                        .copy(digest, Deadline.never()))
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.NOT_FOUND,
                                        "blob "
                                                + digest
                                                + " is a layer of none of the sources; name the"
                                                + " backend that has it with --backend-type"));
    }

    private static Predicate<Platform> wanted(CommandLine line) {
        if (line.flag("all-platforms")) {
            return platform -> !platform.os().equals("unknown");
        }
        List<Platform> platforms =
                line.all("platform").isEmpty()
                        ? List.of(Platform.host())
                        : line.all("platform").stream().map(Platform::parse).toList();
        return platform -> platforms.stream().anyMatch(p -> p.accepts(platform));
    }
}
