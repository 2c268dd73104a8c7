package dev.naiad.nydusify.commit;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.PrefetchPolicy;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.pull.NydusBootstrap;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.push.RewrittenImage;
import dev.naiad.layers.BootstrapLayer;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An image with layers on top of another: each is built upon what is below it, so the last one's
 * bootstrap is the whole image's, and chunks that are below are not stored again.
 */
final class CommittedImage {
    private static final Logger LOG = LoggerFactory.getLogger(CommittedImage.class);

    private final NydusBootstrap base;
    private final ImageTarget target;
    private final List<Descriptor> added = new ArrayList<>();
    private Bootstrap current;
    private byte[] bytes = new byte[0];

    CommittedImage(NydusBootstrap base, ImageTarget target) {
        this.base = base;
        this.target = target;
        this.current = base.bootstrap();
    }

    /** Ids of the blobs that commits have added to an image, the oldest first. */
    static List<String> commits(NydusBootstrap image) {
        String text =
                image.image()
                        .manifest()
                        .layers()
                        .getLast()
                        .annotations()
                        .getOrDefault(NydusAnnotations.COMMIT_BLOBS, "");
        return text.isEmpty() ? List.of() : Arrays.asList(text.split(",", -1));
    }

    /**
     * Lays an archive over what there is.
     *
     * @param first whether it comes before the layers that were added, in the manifest
     */
    void add(String name, Path archive, WhiteoutSpec whiteouts, boolean first) {
        try (var tar = FileChannel.open(archive);
                var blob = target.writer(Deadline.never(), n -> {})) {
            if (tar.size() == 0) {
                return;
            }
            BuiltLayer built =
                    LayerBuilder.fromTar(
                            name,
                            tar,
                            options().withWhiteouts(whiteouts),
                            new KnownImages(current, null),
                            blob);
            if (built.size() > 0) {
                blob.commit(built.digest());
                Descriptor layer =
                        Descriptor.of(MediaTypes.NYDUS_BLOB, built.digest(), built.size())
                                .withAnnotation(NydusAnnotations.BLOB, "true");
                added.add(first ? 0 : added.size(), layer);
                LOG.info("pushed {} of {} as blob {}", built.size(), name, built.digest());
            }
            bytes = built.bootstrap();
            current = BootstrapReader.open(MemorySegment.ofArray(bytes), name);
        } catch (IOException e) {
            throw WorkDir.failed(archive, e);
        }
    }

    /** As the image below was built: only equal ones can be laid over each other. */
    private BuildOptions options() {
        Bootstrap like = base.bootstrap();
        Compressor compressor =
                like.blobs().isEmpty() ? Compressor.ZSTD : like.blobs().getFirst().compressor();
        return BuildOptions.defaults()
                .withVersion(like.version())
                .withChunkSize(like.chunkSize())
                .withDigester(like.digester())
                .withExplicitOwners(like.hasExplicitOwners())
                .withCompressor(compressor == Compressor.GZIP ? Compressor.ZSTD : compressor)
                .withPrefetch(PrefetchPolicy.FS, List.of("/"));
    }

    /** Writes everything but the tag; the layers below must be in the target. */
    PushedImage write() {
        if (bytes.length == 0) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION, "the container has changed nothing");
        }
        var layers = new ArrayList<>(base.image().manifest().layers());
        Descriptor before = layers.removeLast();
        List<Digest> diffIds = new ArrayList<>(base.image().config().diffIds());
        diffIds.removeLast();
        var commits = new ArrayList<>(commits(base));
        for (Descriptor layer : added) {
            layers.add(layer);
            diffIds.add(layer.digest());
            commits.add(layer.digest().toString());
        }
        BootstrapLayer packed = BootstrapLayer.pack(bytes, Map.of());
        target.putBlob(packed.digest(), packed.gzip(), Deadline.never());
        layers.add(
                Descriptor.of(before.mediaType(), packed.digest(), packed.gzip().length)
                        .withAnnotation(
                                NydusAnnotations.FS_VERSION, base.bootstrap().version().word())
                        .withAnnotation(NydusAnnotations.BOOTSTRAP, "true")
                        .withAnnotation(NydusAnnotations.COMMIT_BLOBS, String.join(",", commits)));
        diffIds.add(packed.diffId());
        return RewrittenImage.write(
                target,
                base.image(),
                layers,
                base.image().config().withDiffIds(diffIds),
                base.image().manifest().annotations());
    }
}
